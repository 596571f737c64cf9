//! How a call ends early: with an HRESULT, which is the provider's result, or without any result.

use spoolproof_sdk::wire::CallResult;
use spoolproof_sdk::{Answer, CallError, HResult};

use super::store::StoreError;

/// Why a call does not go on.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The provider returns this.
    Returned(HResult),
    /// There is nothing to return.
    Call(CallError),
}

pub(super) type Served<T = CallResult> = Result<T, Refusal>;

impl Refusal {
    /// The error of an act that returns nothing.
    pub(super) fn into_error(self) -> CallError {
        match self {
            Self::Returned(hresult) => CallError::Failed(hresult.to_string()),
            Self::Call(error) => error,
        }
    }
}

/// What the protocol makes of it.
pub(super) fn settle(served: Served) -> Answer {
    match served {
        Ok(result) => Ok(result),
        Err(Refusal::Returned(hresult)) => Ok(hresult.into()),
        Err(Refusal::Call(error)) => Err(error),
    }
}

/// The result of a support call, unless that failed: then the call fails with the same HRESULT.
pub(super) fn succeeded(result: CallResult) -> Served {
    match result.hresult {
        Some(hresult) if hresult.is_success() => Ok(result),
        Some(hresult) => Err(hresult.into()),
        None => Err(CallError::Failed("a support call returned no hresult".to_owned()).into()),
    }
}

impl From<HResult> for Refusal {
    fn from(hresult: HResult) -> Self {
        Self::Returned(hresult)
    }
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Call(error.into())
    }
}

impl From<StoreError> for CallError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}
