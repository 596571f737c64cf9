//! How people name cases: by id, by family, or by a glob over ids. One language, wherever a case can be named.

use globset::{GlobBuilder, GlobMatcher};

/// A pattern over the ids of cases.
///
/// ```
/// use spoolproof::scenario::Pattern;
///
/// for text in ["abort/locked", "abort", "abort/", "*/locked*"] {
///     assert!(Pattern::new(text)?.is_match("abort/locked"), "{text}");
/// }
/// assert!(!Pattern::new("lock")?.is_match("abort/locked"));
/// # Ok::<(), spoolproof::scenario::PatternError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    glob: GlobMatcher,
}

/// Why a text is no pattern.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{pattern}` is no pattern: {reason}")]
pub struct PatternError {
    pattern: String,
    reason: String,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// When it is a glob with a mistake in it, such as a bracket that is never closed.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let glob = GlobBuilder::new(text)
            .build()
            .map_err(|error| PatternError { pattern: text.to_owned(), reason: error.kind().to_string() })?;
        Ok(Self { text: text.trim_end_matches('/').to_owned(), glob: glob.compile_matcher() })
    }

    /// Whether it names this case.
    #[must_use]
    pub fn is_match(&self, id: &str) -> bool {
        names(id).any(|name| name == self.text) || self.glob.is_match(id)
    }
}

/// What a case can be meant by, beside globs: its id and its family.
pub(crate) fn names(id: &str) -> impl Iterator<Item = &str> {
    [Some(id), id.split_once('/').map(|(family, _)| family)].into_iter().flatten()
}
