//! Where an adapter is found: a command to start, or an address to connect to.

use std::ffi::OsString;
use std::fmt;

/// What `--provider` names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target(pub(super) Place);

/// The two ways to reach an adapter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// Started by the checker, spoken to over its stdin and stdout.
    Program { program: OsString, args: Vec<OsString> },
    /// Already running; `HOST:PORT`.
    Tcp(String),
}

/// Why a `--provider` argument names no adapter.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// Nothing but space.
    #[error("no command: name the program to start, or tcp://HOST:PORT")]
    Empty,
    /// `tcp://` with something else than a host and a port behind it.
    #[error("`{0}` is no address: write tcp://HOST:PORT, such as tcp://127.0.0.1:4711")]
    Address(String),
    /// `http://…` and the like.
    #[error("`{0}` is no way to reach an adapter: use tcp://HOST:PORT or a command")]
    Scheme(String),
    /// A quotation mark without its partner.
    #[error("the command has a {0} that is never closed")]
    Unclosed(char),
}

impl Target {
    /// Reads `tcp://HOST:PORT`, or a command with its arguments.
    ///
    /// A command is split at spaces; `'…'` and `"…"` keep theirs, and outside Windows `\` takes the next character as
    /// it is. Nothing is expanded: no shell is involved.
    ///
    /// # Errors
    ///
    /// When `text` is neither.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        if let Some(address) = text.trim().strip_prefix("tcp://") {
            return if is_address(address) {
                Ok(Self(Place::Tcp(address.to_owned())))
            } else {
                Err(TargetError::Address(address.to_owned()))
            };
        }
        let backslash = if cfg!(windows) { Backslash::Literal } else { Backslash::Escapes };
        let mut words = split(text, backslash)?.into_iter();
        let program = words.next().filter(|word| !word.is_empty()).ok_or(TargetError::Empty)?;
        if let Some((scheme, _)) = program.split_once("://") {
            return Err(TargetError::Scheme(format!("{scheme}://")));
        }
        Ok(Self::program(program, words))
    }

    /// The adapter that `program` is, started with `args`.
    pub fn program<A: Into<OsString>>(program: impl Into<OsString>, args: impl IntoIterator<Item = A>) -> Self {
        Self(Place::Program { program: program.into(), args: args.into_iter().map(Into::into).collect() })
    }
}

impl fmt::Display for Target {
    /// The program, or the address as `tcp://…`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Program { program, .. } => write!(f, "{}", program.display()),
            Place::Tcp(address) => write!(f, "tcp://{address}"),
        }
    }
}

fn is_address(address: &str) -> bool {
    address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port != 0))
}

/// What `\` means in a command.
#[derive(Clone, Copy)]
enum Backslash {
    /// The next character is taken as it is; inside `"…"` only where a shell would.
    Escapes,
    /// Nothing: it separates the parts of a path.
    Literal,
}

/// Splits a command as a shell would, without its expansions.
///
/// The published splitters take `#` for the start of a comment, and none keeps the backslashes of a Windows path
/// while it reads both kinds of quotes; hence these few lines.
fn split(text: &str, backslash: Backslash) -> Result<Vec<String>, TargetError> {
    let mut words = Vec::new();
    // `None` between words; `Some("")` once a quote has opened an empty one.
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None | Some('"'), '\\') if matches!(backslash, Backslash::Escapes) => {
                let escaped = chars.next_if(|next| quote.is_none() || matches!(next, '"' | '\\' | '$' | '`'));
                word.get_or_insert_default().push(escaped.unwrap_or('\\'));
            }
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if let Some(open) = quote {
        return Err(TargetError::Unclosed(open));
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::{Backslash, Target, TargetError, split};

    #[track_caller]
    fn check(text: &str, backslash: Backslash, expected: &[&str]) {
        assert_eq!(split(text, backslash).expect("it splits"), expected, "{text}");
    }

    #[test]
    fn a_command_is_split_at_spaces_outside_quotes() {
        check("  ./adapter --profile Test ", Backslash::Escapes, &["./adapter", "--profile", "Test"]);
        check(
            r#"'my adapter' --name="a 'b' c" '' #1"#,
            Backslash::Escapes,
            &["my adapter", "--name=a 'b' c", "", "#1"],
        );
    }

    #[test]
    fn a_backslash_escapes_as_in_a_shell() {
        check(r#"my\ adapter "a\"b\n" 'c\d' e\"#, Backslash::Escapes, &["my adapter", r#"a"b\n"#, r"c\d", r"e\"]);
    }

    #[test]
    fn a_windows_path_keeps_its_backslashes() {
        check(r#""C:\My Store\adapter.exe" C:\tmp\"#, Backslash::Literal, &[r"C:\My Store\adapter.exe", r"C:\tmp\"]);
    }

    #[test]
    fn an_address_needs_a_host_and_a_port() {
        for good in ["tcp://127.0.0.1:4711", " tcp://[::1]:4711", "tcp://store.example.test:1"] {
            assert_eq!(Target::parse(good).expect(good).to_string(), good.trim());
        }
        for bad in
            ["tcp://", "tcp://localhost", "tcp://:4711", "tcp://localhost:0", "tcp://localhost:65536", "tcp://a:1/"]
        {
            assert!(matches!(Target::parse(bad), Err(TargetError::Address(_))), "{bad}");
        }
    }

    #[test]
    fn what_names_no_adapter_is_refused() {
        assert_eq!(Target::parse("  "), Err(TargetError::Empty));
        assert_eq!(Target::parse("''"), Err(TargetError::Empty));
        assert_eq!(Target::parse("./adapter 'x"), Err(TargetError::Unclosed('\'')));
        assert_eq!(Target::parse("http://localhost:80"), Err(TargetError::Scheme("http://".to_owned())));
    }
}
