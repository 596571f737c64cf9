"""What the store does where the pages leave a choice, and the command line that says so."""

import argparse

# What the store does where the pages leave a choice. `--reading NAME=VALUE` picks another value.
READINGS = {
    "A1": "PartialThenSpool",  # NotReturned
    "A5": "ResendOnly",  # Always
    "A8": "AnyOrderSameEffect",  # SeedOrder, SaveFirst
    "A14": "StoreReinitialises",  # AbsentMeansFalse
    "B1": "AnyRefusal",  # LockDominates, RegardlessOfLock, SampleStore, NothingButAbort
    "B2": "WriteRefused",  # StaleHandle
    "B3": "HolderExempt",  # SpoolerExempt
    "C1": "HolderIdempotent",  # Idempotent, StrictError
    "C3": "Either",  # LockLost, LockPersists
    "C7": "NotInQueue",  # LockAnyMessage
    "D2": "MoveSemantics",  # CopySemantics, SentCopyKept, GoneEntirely
    "D5": "Proceed",  # Refuse
    "E3": "BeforeReturn",  # Eventually, AlsoModify, AddRemoveOnly
    "E6": "RefuseSubmitted",  # RefuseNoAccess, RefuseAny, Idempotent
    "F5": "UnsentWhileQueued",  # ClearedAtSubmit, Cleared
    "F6": "EverythingUndone",  # RowGoneSubmitClear
    "F7": "LockedUnableToAbort",  # LockedAnyFailure, SampleStore
    "F8": "ValidUntilFinished",  # InvalidForOpenOnly, NewIdOnSubmit
    "H2": "RowRemoved",  # RowKept
    "H3": "RequeueOnReopen",  # CompleteAgain
    "H7": "Saved",  # NotSaved
    "H11": "ReturnError",  # QueueInstead
    "H12": "HandleSurvives",  # HandleDead
    "H13": "HandleRevived",  # HandleStaysDead
    "H14": "DeleteAnyway",  # HookKeeps
    "H15": "Serve",  # Refuse
}

# Variations that have no name in the register.
QUIRKS = """deleted-items new-id-on-move one-spooler reuse-handles reuse-ids seconds unsorted partial-without-flag
            direct-hooks row-until-hooks-ran finish-by-any-spooler dead-after-submit expand-first minimal-rows
            changed-events id-less-events""".split()


def arguments():
    parser = argparse.ArgumentParser(description="A message store in Python, for spoolproof")
    add = parser.add_argument
    add("--reading", action="append", default=[], metavar="NAME=VALUE", help="what it does where the pages leave a choice")
    add("--declare", action="store_true", help="name those readings in the profile")
    add("--quirk", action="append", default=[], choices=QUIRKS, help="a variation without a name in the register")
    add("--code", action="append", default=[], metavar="SITUATION=CODE", help="the code of a refusal")
    add("--profile", default="{}", metavar="JSON", help="members of the profile")
    add("--fixed-profile", action="store_true", help="refuse a profile at reset")
    add("--without", action="append", default=[], metavar="METHOD", help="do not serve it, nor what begins with it")
    add("--observe", metavar="MEMBERS", help="observe only these members")
    add("--hresult", choices=["name", "number", "hex"], default="name", help="how results are written")
    add("--delay", type=float, default=20, metavar="MS", help="with E3=Eventually, until a row appears")
    add("--state", metavar="FILE", help="where the messages are kept")
    add("--fault", metavar="NAME", help="break the store in this way; `list` names the ways")
    return parser.parse_args()
