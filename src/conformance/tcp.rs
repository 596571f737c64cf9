//! A connection to an adapter that somebody else started.

use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs as _};

use super::deadline::Deadline;

/// Connects to `HOST:PORT`, trying each address that the name stands for.
pub(super) fn connect(address: &str, deadline: &Deadline) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(ErrorKind::NotFound, "the name stands for no address");
    for address in address.to_socket_addrs()? {
        let remaining = deadline.remaining();
        if remaining.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        match TcpStream::connect_timeout(&address, remaining) {
            Ok(stream) => {
                // Each line is one request that waits for its answer: holding it back to fill a packet only costs time.
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}
