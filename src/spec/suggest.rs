//! Did you mean: the known name that is nearest to one that nobody knows.

/// The candidate nearest to `name`, if one is near enough to be meant; the first of several equally near.
///
/// Case does not count. A third of the letters may differ, and always one.
pub(crate) fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_ascii_lowercase();
    let distance_max = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&name, &candidate.to_ascii_lowercase()), candidate))
        .filter(|&(distance, _)| distance <= distance_max)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[track_caller]
    fn check(name: &str, expected: Option<&str>) {
        assert_eq!(closest(name, ["SLS-08", "SLS-09", "B1", "LockDominates"]), expected, "{name}");
    }

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        check("SLS-8", Some("SLS-08"));
        check("sls-09", Some("SLS-09"));
        check("b1", Some("B1"));
        check("LockDominate", Some("LockDominates"));
        check("LockDomniates", Some("LockDominates"));
        check("Q77", None);
        check("", None);
    }
}
