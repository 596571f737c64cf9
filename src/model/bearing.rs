//! What a requirement presupposes: without that, a message that looks right says nothing of it.

use super::message::Message;

/// Whether what `id` presupposes of a message had come about when a call led from `before` to `after`.
///
/// Many clauses also say what does not change, and name the requirement that would be broken if it did. A message that
/// was never submitted does not show what becomes of submitted ones, however well it keeps.
#[must_use]
pub fn bears_on(id: &str, before: &Message, after: &Message) -> bool {
    match id {
        "PMF-08" => before.outgoing(),
        "PSF-06" => after.preprocessed,
        "GOQ-03" => before.queued || after.queued,
        // What sending does is seen when it is done, and not by looking again.
        "FIN-05" | "FIN-07" | "PSM-06" => after.finished && !before.finished,
        "PMF-06" => after.finished,
        "ABT-02" | "LGO-01" | "PMF-03" | "PPP-02" | "PST-01" | "RCT-03" | "RSP-01" | "SEED1-21" | "SUB-01"
        | "SUB-06" => after.was_submitted && after.place.exists(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::bears_on;
    use crate::model::{Message, all_clauses};

    #[test]
    fn every_id_that_is_told_apart_is_cited_by_a_clause() {
        let draft = Message::default();
        let cited = all_clauses().flat_map(|clause| clause.cites.iter().flat_map(|cite| cite.ids));
        let told: BTreeSet<_> = cited.filter(|id| !bears_on(id, &draft, &draft)).collect();
        let listed =
            include_str!("bearing.rs").split("#[cfg(test)]").next().expect("the code").matches("\"").count() / 2;
        assert_eq!(told.len(), listed, "{told:?}");
    }

    #[test]
    fn a_draft_shows_nothing_of_submitted_messages() {
        let draft = Message::default();
        let sent = Message { was_submitted: true, finished: true, ..draft };
        for (before, after, bears) in [(draft, draft, false), (draft, sent, true), (sent, sent, false)] {
            assert_eq!(bears_on("FIN-07", &before, &after), bears);
        }
        assert!(bears_on("SEED1-02", &draft, &draft));
    }
}
