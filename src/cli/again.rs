//! The command line that repeats a case, or a run.

use std::path::Path;

/// A command line, put together word by word, that a shell reads as it was meant.
#[derive(Debug)]
pub(crate) struct Again(String);

impl Again {
    /// Starts with the program and its command.
    pub(crate) fn new(command: &str) -> Self {
        Self(format!("spoolproof {command}"))
    }

    /// Adds a word.
    #[must_use]
    pub(crate) fn word(mut self, word: &str) -> Self {
        self.0.push(' ');
        self.0.push_str(&quoted(word));
        self
    }

    /// Adds an option with its value, if it was given.
    #[must_use]
    pub(crate) fn option(mut self, name: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self = self.word(name).word(value);
        }
        self
    }

    /// As `option`, for a path.
    #[must_use]
    pub(crate) fn path(self, name: &str, value: Option<&Path>) -> Self {
        self.option(name, value.map(|value| value.to_string_lossy()).as_deref())
    }

    /// Ends as it is.
    pub(crate) fn line(self) -> String {
        self.0
    }

    /// Ends with the case: the report puts its id in.
    pub(crate) fn case(self) -> String {
        format!("{} --case {{case}}", self.0)
    }
}

/// The word as a POSIX shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '=' | ',' | '+' | '@');
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Again;

    #[test]
    fn words_are_quoted_where_a_shell_would_split_them() {
        let again = Again::new("conform")
            .option("--provider", Some("./my-adapter --name 'a b'"))
            .option("--timeout", None)
            .path("--profile", Some(Path::new("mine.toml")));
        let expected =
            r"spoolproof conform --provider './my-adapter --name '\''a b'\''' --profile mine.toml --case {case}";
        assert_eq!(again.case(), expected);
    }
}
