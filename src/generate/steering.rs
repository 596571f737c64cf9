//! What a case says so that of several answers the one is given, or is gone on from, which it is about.

use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::Access;

use crate::model::{Codes, Level, Reply};

/// What a case assumes of a reply; nothing, where the answer is the first that the model lists.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Steering {
    /// The code.
    pub code: Option<HResult>,
    /// PR_ACCESS_LEVEL of the opened object.
    pub access: Option<Access>,
}

/// What has to be assumed so that the last of these answers is meant, and none before it; `None` if nothing does it.
pub(super) fn steering(answers: &[Reply]) -> Option<Steering> {
    let (last, earlier) = answers.split_last()?;
    if earlier.is_empty() {
        return Some(Steering::default());
    }
    let no_other = |code: &HResult| !earlier.iter().any(|other| other.admits(*code, None));
    match last {
        Reply::Opened(level) if !earlier.contains(last) => {
            let access = if *level == Level::Write { Access::ReadWrite } else { Access::Read };
            Some(Steering { code: None, access: Some(access) })
        }
        Reply::Opened(_) => None,
        Reply::Success | Reply::OpenedInName | Reply::Refused(_) => {
            let codes = [HResult::S_OK].into_iter().chain(Codes::EXAMPLES);
            let mut codes = codes.filter(|code| last.admits(*code, None));
            codes.find(no_other).map(|code| Steering { code: Some(code), access: None })
        }
    }
}

#[cfg(test)]
mod tests {
    use spoolproof_sdk::HResult;
    use spoolproof_sdk::wire::Access;

    use super::{Steering, steering};
    use crate::model::{Codes, Level, Reply};

    #[track_caller]
    fn check(answers: &[Reply], expected: Option<(Option<HResult>, Option<Access>)>) {
        assert_eq!(steering(answers), expected.map(|(code, access)| Steering { code, access }));
    }

    #[test]
    fn an_answer_is_meant_by_what_no_earlier_one_can_be() {
        let submitted = Reply::Refused(Codes::OneOf(&[HResult::MAPI_E_SUBMITTED, HResult::MAPI_E_NO_ACCESS]));
        let no_access = Reply::Refused(Codes::OneOf(&[HResult::MAPI_E_NO_ACCESS]));
        check(&[submitted], Some((None, None)));
        check(&[submitted, Reply::Success], Some((Some(HResult::S_OK), None)));
        check(&[no_access, submitted], Some((Some(HResult::MAPI_E_SUBMITTED), None)));
        check(&[submitted, no_access], None);
        check(&[Reply::Success, Reply::Success], None);
        check(&[Reply::Opened(Level::Read), Reply::Opened(Level::Write)], Some((None, Some(Access::ReadWrite))));
        check(&[Reply::Refused(Codes::Any), Reply::Refused(Codes::Any)], None);
    }
}
