//! `spoolproof schema`: the JSON schema of reports.

use super::failure::Failure;
use super::{exit, output};
use crate::report::json;

pub(crate) fn run() -> Result<u8, Failure> {
    output::print(|out| out.write_all(json::schema().as_bytes()))?;
    Ok(exit::CONFORMS)
}
