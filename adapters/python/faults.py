"""Ways to break the store: each is a subclass that goes wrong in one place.

`store.py --fault NAME` runs one. Many of them are quiet until something has happened before:
an abort, a restart, a second message, another client.
"""

import copy

FAULTS = {}


def fault(broken_class):
    """Registers a fault; its name is the class name in kebab case, what it does is its docstring."""
    name = "".join("-" + c.lower() if c.isupper() else c for c in broken_class.__name__).lstrip("-")
    FAULTS[name] = broken_class
    return broken_class


def broken(store, name):
    """The store class with this fault."""
    if name not in FAULTS:
        width = max(map(len, FAULTS))
        raise SystemExit("\n".join(f"{n:{width}}  {f.__doc__}" for n, f in FAULTS.items()))
    return type("Broken", (FAULTS[name], store), {})


def quietly(store, action):
    """Does it without a notification."""
    mapi, store.mapi = store.mapi, Silent(store.mapi)
    try:
        return action()
    finally:
        store.mapi = mapi


class Silent:
    """MAPI that hears no notification."""

    def __init__(self, mapi):
        self.call = mapi.call

    def notify(self, *_args, **_params):
        """Swallows it."""


# --- opening ----------------------------------------------------------------------------------


@fault
class SubmitterOpensForWriting:
    """the session that submitted a message opens it for writing while it is queued"""

    def submit_message(self, p):
        answer = super().submit_message(p)
        self.handles[p["handle"]].message["by"] = p["session"]
        return answer

    def open_entry(self, p):
        message = self.find(p["entry_id"])
        if message and message.get("by") == p["session"] and message["queued"] and not self.locked(message) and p["flags"]:
            return {"handle": self.new_handle(message, p["session"], True), "access": "read_write"}
        return super().open_entry(p)


@fault
class BestAccessWritesAfterRestart:
    """after a restart MAPI_BEST_ACCESS gives read/write access to queued messages"""

    def restart(self, p):
        self.restarted = True
        return super().restart(p)

    def reset(self, p):
        self.restarted = False
        return super().reset(p)

    def open_as_client(self, message, mode):
        if self.restarted and message["queued"] and not self.locked(message) and mode == "MAPI_BEST_ACCESS":
            return True
        return super().open_as_client(message, mode)


@fault
class ModifyOpensAfterUnlock:
    """a queued message that was locked and unlocked again opens for writing"""

    def set_lock_state(self, p):
        answer = super().set_lock_state(p)
        if p["lock_state"] == "MSG_UNLOCKED":
            self.handles[p["handle"]].message["was_locked"] = True
        return answer

    def open_as_client(self, message, mode):
        if message.get("was_locked") and not self.locked(message) and mode:
            return True
        return super().open_as_client(message, mode)


@fault
class LockedOpensForReading:
    """a locked message opens without flags if another message is locked as well"""

    def open_as_client(self, message, mode):
        if self.locked(message) and mode == "" and sum(map(self.locked, self.messages)) > 1:
            return False
        return super().open_as_client(message, mode)


@fault
class ReadOnlyHandleWrites:
    """a handle opened without flags can write a draft"""

    def new_handle(self, message, session, write):
        return super().new_handle(message, session, write or not self.submitted(message))


@fault
class BestAccessOfDraftIsReadOnly:
    """a draft that was aborted opens read-only with MAPI_BEST_ACCESS"""

    def open_as_client(self, message, mode):
        write = super().open_as_client(message, mode)
        return write and not (mode == "MAPI_BEST_ACCESS" and message["time"] and not message["queued"])


@fault
class SentStaysFrozen:
    """a message that was finished in place cannot be opened for writing"""

    def open_as_client(self, message, mode):
        write = super().open_as_client(message, mode)
        return write and "MSGFLAG_UNSENT" in message["flags"]


@fault
class SpoolerOpensReadOnlyAfterRestart:
    """the spooler gets read-only access to messages from before a restart"""

    def reopen(self, message):
        super().reopen(message)
        message["old"] = True

    def open_as_spooler(self, message, session, mode):
        return super().open_as_spooler(message, session, mode) and not message.get("old")


# --- writing ----------------------------------------------------------------------------------


@fault
class RefusedWriteSticks:
    """a refused write to a queued message is done all the same"""

    def set_props(self, p):
        handle = self.handles.get(p["handle"])
        if handle and handle.message["queued"] and not handle.session.startswith("spooler"):
            handle.message["subject"] = p["props"].get("PR_SUBJECT", handle.message["subject"])
        return super().set_props(p)


@fault
class OldHandleWritesWhenLocked:
    """another client's earlier handle writes to the message once it is locked"""

    def writable(self, handle):
        if not (self.locked(handle.message) and not self.is_spooler(handle.session)):
            super().writable(handle)


@fault
class AbortedWriteIsLost:
    """what is saved after an abort is forgotten by the next submission"""

    def submit_message(self, p):
        handle = self.handle(p)
        message = handle.message
        if message["time"] and not self.submitted(message):
            message["subject"] = message.get("first_subject", message["subject"])
        answer = super().submit_message(p)
        message["first_subject"] = message["subject"]
        return answer


@fault
class SubmitForgetsUnsaved:
    """SubmitMessage drops unsaved changes when the message was aborted before"""

    def submit_message(self, p):
        handle = self.handle(p)
        if handle.message["time"]:
            handle.unsaved = {}
        return super().submit_message(p)


@fault
class UnlockForgetsUnsaved:
    """unlocking does not save the spooler's changes"""

    def set_lock_state(self, p):
        if p["lock_state"] == "MSG_UNLOCKED":
            self.handle(p).unsaved = {}
        return super().set_lock_state(p)


@fault
class ContinueForgetsUnsaved:
    """what the preprocessors changed is lost when the spooler submits"""

    def continue_submission(self, handle):
        handle.unsaved = {}
        return super().continue_submission(handle)


@fault
class LockSavesInMemory:
    """changes saved by SetLockState do not survive a crash"""

    def set_lock_state(self, p):
        key = self.handle(p).message["key"]
        before = copy.deepcopy(self.durable[key])
        answer = super().set_lock_state(p)
        self.durable[key] = before
        self.write()
        return answer


# --- submission -------------------------------------------------------------------------------


@fault
class ExpandOnlyOnce:
    """ExpandRecips is left out when the message was submitted before"""

    def expand(self, message):
        if not message["time"]:
            super().expand(message)


@fault
class ExpandSkippedForSecond:
    """ExpandRecips is left out for the second message in the queue"""

    def expand(self, message):
        if sum(m["queued"] for m in self.messages) != 1:
            super().expand(message)


@fault
class ExpandedListIgnoredOnResubmit:
    """the expanded list is not applied at a resubmission"""

    def take_recipients(self, message, rows):
        if not message["time"]:
            super().take_recipients(message, rows)


@fault
class ExpandErrorTranslated:
    """an error of ExpandRecips comes back as MAPI_E_CALL_FAILED"""

    def expand(self, message):
        try:
            super().expand(message)
        except Exception as error:
            error.hresult = "MAPI_E_CALL_FAILED"
            raise


@fault
class PrepareErrorTranslated:
    """an error of PrepareSubmit comes back as MAPI_E_CALL_FAILED"""

    def prepare(self, handle):
        try:
            super().prepare(handle)
        except Exception as error:
            error.hresult = "MAPI_E_CALL_FAILED"
            raise


@fault
class PrepareErrorSwallowedOnRetry:
    """the second failure of PrepareSubmit goes unnoticed"""

    def prepare(self, handle):
        try:
            super().prepare(handle)
        except Exception:
            self.failed = getattr(self, "failed", 0) + 1
            if self.failed % 2:
                raise


@fault
class PrepareForgottenOnResubmit:
    """PrepareSubmit is not called when a resend is submitted again"""

    def prepare(self, handle):
        if not handle.message["time"]:
            super().prepare(handle)


@fault
class PrepareRowsOverwritten:
    """step 3 resets what PrepareSubmit said of the recipients"""

    def prepare(self, handle):
        super().prepare(handle)
        for row in handle.message["recipients"]:
            row["responsible"] = False


@fault
class AnnouncesEveryTime:
    """SpoolerNotify comes before every PrepareSubmit"""

    def announce(self, session):
        self.sessions_ready.discard(session)
        super().announce(session)


@fault
class AnnouncesOnceForAll:
    """SpoolerNotify comes once, not once a session"""

    def announce(self, session):
        super().announce("anyone")


@fault
class AnnouncesTooLate:
    """SpoolerNotify comes after PrepareSubmit"""

    def prepare(self, handle):
        announce, self.announce = self.announce, lambda session: None
        try:
            super().prepare(handle)
        finally:
            self.announce = announce
        if "MSGFLAG_RESEND" in handle.message["flags"]:
            announce(handle.session)


@fault
class FailedSubmitKeepsMark:
    """after a failed expansion MSGFLAG_SUBMIT stays on a message that has been aborted before"""

    def roll_back(self, message, before):
        super().roll_back(message, before)
        if message["time"]:
            self.set_flag(message, "MSGFLAG_SUBMIT", True)


@fault
class FailedSubmitDequeuesNeighbour:
    """a failed submission removes the row of the message submitted before"""

    def roll_back(self, message, before):
        super().roll_back(message, before)
        for other in self.rows()[-1:]:
            self.dequeue(other)


@fault
class FailedSubmitKillsHandle:
    """after a failed submission the handle can no longer write"""

    def roll_back(self, message, before):
        super().roll_back(message, before)
        for handle in self.handles.values():
            handle.dead = handle.dead or handle.message is message


@fault
class NoRecipientsAfterExpansion:
    """a list that is empty only after the expansion is queued"""

    def begin_submission(self, handle):
        try:
            super().begin_submission(handle)
        except Exception as error:
            if error.hresult != "MAPI_E_NO_RECIPIENTS" or self.reading("A8") == "" or not self.submitted(handle.message):
                raise


@fault
class TimeFromCreation:
    """PR_CLIENT_SUBMIT_TIME is when the message was created"""

    def create_message(self, p):
        answer = super().create_message(p)
        self.messages[-1]["created"] = self.now()
        return answer

    def mark(self, message):
        super().mark(message)
        message["time"] = message["created"]


@fault
class TimeStaysOnResubmit:
    """a resubmitted message keeps its first submit time"""

    def mark(self, message):
        first = message["time"]
        super().mark(message)
        message["time"] = first or message["time"]


@fault
class TimesSwapped:
    """the second message gets the submit time of the first, and the first that of the second"""

    def mark(self, message):
        super().mark(message)
        others = [m for m in self.messages if m["queued"] and m is not message]
        if others:
            message["time"], others[-1]["time"] = others[-1]["time"], message["time"]


@fault
class TimeRefreshedByContinuation:
    """the spooler's SubmitMessage sets the submit time anew"""

    def continue_submission(self, handle):
        answer = super().continue_submission(handle)
        handle.message["time"] = self.now()
        return answer


@fault
class ContinuationGoesLast:
    """the spooler's SubmitMessage puts the message at the end of the queue"""

    def continue_submission(self, handle):
        answer = super().continue_submission(handle)
        handle.message["order"] = self.order = self.order + 1
        return answer


@fault
class ContinuationUnlocks:
    """the spooler's SubmitMessage frees the lock"""

    def continue_submission(self, handle):
        answer = super().continue_submission(handle)
        handle.message["holder"] = None
        return answer


@fault
class ContinuationExpandsAgain:
    """the spooler's SubmitMessage calls ExpandRecips again"""

    def continue_submission(self, handle):
        answer = super().continue_submission(handle)
        self.mapi.call("expand_recips", entry_id=handle.message["id"])
        return answer


@fault
class ContinuationResetsResponsibility:
    """the spooler's SubmitMessage sets every recipient back"""

    def continue_submission(self, handle):
        for row in handle.message["recipients"]:
            row["responsible"] = False
        return super().continue_submission(handle)


@fault
class ClientContinues:
    """a client's SubmitMessage during preprocessing counts as the spooler's"""

    def submit_again(self, message):
        if message["to_preprocess"] and self.locked(message):
            message["to_preprocess"] = False
            return {}
        return super().submit_again(message)


@fault
class PreprocessForgottenOnResubmit:
    """NEEDS_PREPROCESSING counts only on the first submission"""

    def expand(self, message):
        super().expand(message)
        if message["time"]:
            message["to_preprocess"] = message["preprocess"] = False


@fault
class PreprocessLostAtRestart:
    """SUBMITFLAG_PREPROCESS does not survive a crash"""

    def restart(self, p):
        answer = super().restart(p)
        if p["kind"] == "crash":
            for message in self.messages:
                message["to_preprocess"] = False
        return answer


@fault
class NeedsSpoolerDropsPreprocess:
    """NEEDS_SPOOLER makes the store forget NEEDS_PREPROCESSING"""

    def expand(self, message):
        super().expand(message)
        if message["needs_spooler"]:
            message["to_preprocess"] = message["preprocess"] = False


@fault
class DuplicateRequeues:
    """a refused second submission moves the message to the end of the queue"""

    def submit_again(self, message):
        message["order"] = self.order = self.order + 1
        return super().submit_again(message)


@fault
class DuplicateRefreshesTime:
    """a refused second submission sets the submit time anew"""

    def submit_again(self, message):
        message["time"] = self.now()
        return super().submit_again(message)


@fault
class DuplicateUnlocks:
    """a refused second submission frees the lock"""

    def submit_again(self, message):
        message["holder"] = None
        return super().submit_again(message)


@fault
class ForceSubmitSkipsQueue:
    """FORCE_SUBMIT puts the message in front of the others"""

    def submit_message(self, p):
        answer = super().submit_message(p)
        if p.get("flags"):
            self.handles[p["handle"]].message["order"] = -1
        return answer


# --- a coupled store --------------------------------------------------------------------------


@fault
class CompleteWithNeedsSpooler:
    """CompleteMsg is called although MAPI said NEEDS_SPOOLER"""

    def complete_wanted(self, message):
        return self.profile["coupling"] == "tight" and message["needs_spooler"] and not message["to_preprocess"]

    def route(self, message, preprocessed):
        super().route(message, preprocessed)
        if self.complete_wanted(message):
            self.mapi.call("complete_msg", entry_id=message["id"])


@fault
class CompleteTwice:
    """CompleteMsg is called twice after preprocessing"""

    def continue_submission(self, handle):
        answer = super().continue_submission(handle)
        if handle.message["completing"]:
            self.mapi.call("complete_msg", entry_id=handle.message["id"])
        return answer


@fault
class PreprocessedFinishesAlone:
    """a preprocessed message is finished by the store, without CompleteMsg"""

    def route(self, message, preprocessed):
        super().route(message, preprocessed and self.profile["wants_spooler_completion"])


@fault
class DeliversToLastOnly:
    """of several recipients that it sent to, the store marks the last only"""

    def deliver(self, rows):
        super().deliver(rows[-1:])


@fault
class MarksStrangersToo:
    """a partial delivery marks every recipient"""

    def deliver(self, rows):
        if rows:
            super().deliver(next(m for m in self.messages if rows[0] in m["recipients"])["recipients"])


@fault
class DirectKeepsMark:
    """what the store sent by itself keeps MSGFLAG_SUBMIT if it stays in the Outbox"""

    def route(self, message, preprocessed):
        super().route(message, preprocessed)
        if not message["queued"] and not message["completing"] and message["folder"] == "outbox":
            self.set_flag(message, "MSGFLAG_SUBMIT", True)


@fault
class DirectQueuesAfterRestart:
    """what the store sent by itself is queued after a crash"""

    def reopen(self, message):
        super().reopen(message)
        if message["time"] and message["exists"] and not self.submitted(message) and "MSGFLAG_UNSENT" not in message["flags"]:
            message["queued"] = True


@fault
class CompletingLost:
    """a crash before FinishedMsg loses a message that was to be completed"""

    def reopen(self, message):
        completing, message["completing"] = message["completing"], False
        super().reopen(message)
        message["completing"] = completing


# --- aborting ---------------------------------------------------------------------------------


@fault
class AbortFreesLock:
    """another client's refused abort takes the lock away"""

    def abort_submit(self, p):
        message = self.find(p["entry_id"])
        try:
            return super().abort_submit(p)
        finally:
            if message and self.locked(message) and p["session"] != "client-1":
                message["holder"] = None


@fault
class ThirdAbortSucceeds:
    """the third attempt to abort a locked message succeeds"""

    def abort_submit(self, p):
        message = self.find(p["entry_id"])
        if message and self.locked(message):
            message["attempts"] = message.get("attempts", 0) + 1
            if message["attempts"] == 3:
                message["holder"] = None
        return super().abort_submit(p)


@fault
class AbortRemovesTheOldest:
    """AbortSubmit removes the row of the oldest message"""

    def dequeue(self, message):
        rows = self.rows()
        if rows and self.submitted(message) and not self.locked(message) and not message["completing"]:
            message["queued"], rows[0]["queued"] = rows[0]["queued"], False
        super().dequeue(message)


@fault
class AbortKeepsSubmitOnSecond:
    """the second abort of a message leaves MSGFLAG_SUBMIT"""

    def abort_submit(self, p):
        answer = super().abort_submit(p)
        message = self.find(p["entry_id"])
        message["aborts"] = message.get("aborts", 0) + 1
        if message["aborts"] == 2:
            self.set_flag(message, "MSGFLAG_SUBMIT", True)
        return answer


@fault
class AbortForgottenByCrash:
    """an aborted message is back in the queue after a crash"""

    def abort_submit(self, p):
        message = self.find(p["entry_id"])
        before = copy.deepcopy(self.durable[message["key"]]) if message else None
        answer = super().abort_submit(p)
        self.durable[message["key"]] = before
        self.write()
        return answer


@fault
class AbortDeletes:
    """an aborted message with PR_DELETE_AFTER_SUBMIT is deleted"""

    def abort_submit(self, p):
        message = self.find(p["entry_id"])
        answer = super().abort_submit(p)
        if message["delete"]:
            message["exists"], message["folder"] = False, "none"
        return answer


@fault
class AbortSucceedsAfterFinish:
    """AbortSubmit of a message that was sent in place succeeds"""

    def abort_submit(self, p):
        message = self.find(p["entry_id"])
        if message and message["time"] and not self.submitted(message) and "MSGFLAG_UNSENT" not in message["flags"]:
            return {}
        return super().abort_submit(p)


@fault
class AbortOfAbortedSucceeds:
    """aborting an aborted message succeeds"""

    def abort_submit(self, p):
        message = self.find(p["entry_id"])
        if message and message["time"] and not self.submitted(message) and "MSGFLAG_UNSENT" in message["flags"]:
            return {}
        return super().abort_submit(p)


@fault
class AbortClearsResponsibilityOfNeighbour:
    """an abort sets the recipients of the next message back"""

    def abort_submit(self, p):
        answer = super().abort_submit(p)
        for row in (r for m in self.messages for r in m["recipients"]):
            row["responsible"] = False
        return answer


# --- the lock ---------------------------------------------------------------------------------


@fault
class RefusedLockSticks:
    """after a refusal the second spooler's retry succeeds"""

    def set_lock_state(self, p):
        message = self.handle(p).message
        refused = message.setdefault("refused", [])
        if p["session"] in refused and self.locked(message) and message["holder"] != p["session"]:
            return {}
        try:
            return super().set_lock_state(p)
        except Exception:
            refused.append(p["session"])
            raise


@fault
class AnySpoolerUnlocks:
    """a spooler frees a lock that another holds"""

    def set_lock_state(self, p):
        message = self.handle(p).message
        if p["lock_state"] == "MSG_UNLOCKED" and self.locked(message):
            message["holder"] = p["session"]
        return super().set_lock_state(p)


@fault
class ReleaseUnlocks:
    """releasing the handle that took the lock frees it"""

    def release(self, p):
        handle = self.handles.get(p["handle"])
        if handle and handle.message["holder"] == handle.session:
            handle.message["holder"] = None
        return super().release(p)


@fault
class SecondLockDoesNothing:
    """a message that was unlocked once cannot be locked again, though SetLockState says so"""

    def set_lock_state(self, p):
        answer = super().set_lock_state(p)
        message = self.handles[p["handle"]].message
        message["locks"] = message.get("locks", 0) + (p["lock_state"] == "MSG_LOCKED")
        if message["locks"] > 1:
            message["holder"] = None
        return answer


@fault
class OneLockOnly:
    """locking a message frees the lock of the one before"""

    def set_lock_state(self, p):
        answer = super().set_lock_state(p)
        message = self.handles[p["handle"]].message
        for other in self.messages:
            if other is not message and self.locked(message):
                other["holder"] = None
        return answer


@fault
class UnlockDequeues:
    """unlocking removes the row when every recipient is done"""

    def set_lock_state(self, p):
        answer = super().set_lock_state(p)
        message = self.handles[p["handle"]].message
        if p["lock_state"] == "MSG_UNLOCKED" and all(r.get("responsible") for r in message["recipients"]):
            self.dequeue(message)
        return answer


@fault
class LockHidesRow:
    """a locked message is not listed"""

    def rows(self):
        return [m for m in super().rows() if not self.locked(m)]


@fault
class LockClearsPreprocess:
    """locking clears SUBMITFLAG_PREPROCESS"""

    def set_lock_state(self, p):
        answer = super().set_lock_state(p)
        self.handles[p["handle"]].message["to_preprocess"] = False
        return answer


@fault
class HiddenLock:
    """a lock kept over a crash blocks and is not shown"""

    def reopen(self, message):
        was_locked = self.locked(message)
        super().reopen(message)
        message["holder"] = "(hidden)" if was_locked else None

    def submit_flags(self, message):
        return [f for f in super().submit_flags(message) if message["holder"] != "(hidden)" or "LOCKED" not in f]


# --- finishing --------------------------------------------------------------------------------


@fault
class SecondFinishHitsTheFirst:
    """FinishedMsg for the second of two locked messages finishes the first"""

    def finished_msg(self, p):
        locked = [m for m in self.messages if self.locked(m) and m["holder"] == p["session"]]
        if len(locked) > 1 and p["session"].startswith("spooler"):
            p = {**p, "entry_id": locked[0]["id"]}
        return super().finished_msg(p)


@fault
class DeleteInsteadOfMove:
    """with a sent-mail folder the message is deleted, if it was submitted twice"""

    def mark(self, message):
        message["times"] = message.get("times", 0) + 1
        super().mark(message)

    def dispose(self, message, superseded):
        if message["sentmail"] and message["times"] > 1:
            message["exists"], message["folder"] = False, "none"
        else:
            super().dispose(message, superseded)


@fault
class TwoSentCopies:
    """the sent-mail folder gets two of the second message"""

    def dispose(self, message, superseded):
        super().dispose(message, superseded)
        others = [m for m in self.messages if m is not message and m["folder"] == "sentmail"]
        if message["folder"] == "sentmail" and others:
            message["sent_copies"].append(self.new_id())


@fault
class FinishAgainFilesAgain:
    """a second FinishedMsg files a second copy"""

    def finished_msg(self, p):
        message = self.find(p["entry_id"])
        if message and message["folder"] == "sentmail" and p["session"].startswith("spooler"):
            message["sent_copies"].append(self.new_id())
        return super().finished_msg(p)


@fault
class FinishKeepsUnsentRow:
    """FinishedMsg leaves the row if a recipient was never taken"""

    def finish(self, message):
        waiting = not all(r.get("responsible") for r in message["recipients"])
        super().finish(message)
        if waiting:
            message["queued"] = True


@fault
class FinishKeepsRowAfterRestart:
    """FinishedMsg leaves the row of a message from before a restart"""

    def reopen(self, message):
        super().reopen(message)
        message["old"] = True

    def finish(self, message):
        super().finish(message)
        if message.get("old") and message["exists"] and message["folder"] == "outbox":
            message["queued"] = True


@fault
class FinishSkipsHooksForDeleted:
    """DoSentMail is left out for a message that is deleted"""

    def run_hooks(self, message):
        return not message["delete"] and super().run_hooks(message)


@fault
class HooksTwice:
    """DoSentMail is called twice when both properties are set"""

    def run_hooks(self, message):
        if message["delete"] and message["sentmail"]:
            super().run_hooks(message)
        return super().run_hooks(message)


@fault
class HooksBeforeUnlock:
    """DoSentMail is called while the message is still locked"""

    def finish(self, message):
        holder = message["holder"]
        clear, self.clear_marks = self.clear_marks, lambda m: (clear(m), m.update(holder=holder))
        hooks, self.run_hooks = self.run_hooks, lambda m: (hooks(m), m.update(holder=None))[0]
        try:
            super().finish(message)
        finally:
            self.clear_marks, self.run_hooks = clear, hooks


@fault
class HooksRunAfterDeletion:
    """DoSentMail is called when the message is gone"""

    def run_hooks(self, message):
        if message["delete"] and not message["sentmail"]:
            message["exists"], message["folder"] = False, "none"
        return super().run_hooks(message)


@fault
class SupersededIgnored:
    """a superseding hook does not spare the move, if the message is a resend or has two recipients"""

    def dispose(self, message, superseded):
        super().dispose(message, superseded and len(message["recipients"]) < 2 and "MSGFLAG_RESEND" not in message["flags"])


@fault
class HookFailureRequeues:
    """when DoSentMail fails the message is queued again"""

    def run_hooks(self, message):
        try:
            return super().run_hooks(message)
        except Exception:
            self.set_flag(message, "MSGFLAG_SUBMIT", True)
            self.enqueue(message)
            self.dequeue = lambda m: None
            raise

    def finish(self, message):
        try:
            super().finish(message)
        finally:
            self.__dict__.pop("dequeue", None)


@fault
class HookFailureDeletes:
    """when DoSentMail fails the message is deleted"""

    def run_hooks(self, message):
        try:
            return super().run_hooks(message)
        except Exception:
            message["exists"], message["folder"] = False, "none"
            raise


@fault
class HookErrorSwallowed:
    """a failure of DoSentMail is not told to the spooler"""

    def run_hooks(self, message):
        try:
            return super().run_hooks(message)
        except Exception:
            return False


@fault
class ClientFinishes:
    """a client's FinishedMsg is served when the message is locked"""

    def finished_msg(self, p):
        message = self.find(p["entry_id"])
        if message and self.locked(message) and not p["session"].startswith("spooler"):
            p = {**p, "session": message["holder"]}
        return super().finished_msg(p)


@fault
class SentStaysUnsent:
    """a message with several recipients keeps MSGFLAG_UNSENT when it is sent"""

    def clear_marks(self, message):
        super().clear_marks(message)
        self.set_flag(message, "MSGFLAG_UNSENT", len(message["recipients"]) > 1)


@fault
class ResponsibilityOfTheFirst:
    """PR_RESPONSIBILITY is set on the first recipient, whoever is meant"""

    def set_responsibility(self, p):
        first = self.handle(p).message["recipients"][0]["address"]
        return super().set_responsibility({**p, "recipient": first})


@fault
class ResponsibilityOfThird:
    """PR_RESPONSIBILITY of a third recipient is not stored"""

    def set_responsibility(self, p):
        rows = self.handle(p).message["recipients"]
        if len(rows) > 2 and rows[2]["address"] == p["recipient"]:
            return {}
        return super().set_responsibility(p)


@fault
class ResponsibilityLostAtCleanRestart:
    """PR_RESPONSIBILITY does not survive a clean stop"""

    def restart(self, p):
        answer = super().restart(p)
        for row in (r for m in self.messages for r in m["recipients"]):
            row["responsible"] = False
        return answer


@fault
class ResponsibilityUnlockResets:
    """unlocking sets every recipient back"""

    def set_lock_state(self, p):
        answer = super().set_lock_state(p)
        if p["lock_state"] == "MSG_UNLOCKED":
            for row in self.handles[p["handle"]].message["recipients"]:
                row["responsible"] = False
        return answer


# --- the queue --------------------------------------------------------------------------------


@fault
class OrderLostAtRestart:
    """after a restart the queue is in the order of creation"""

    def reopen(self, message):
        super().reopen(message)
        message["order"] = int(message["key"].rsplit("-", 1)[1]) - 100000


@fault
class ResubmittedKeepsItsPlace:
    """a message that was aborted and submitted again keeps its old place"""

    def mark(self, message):
        place = message["order"]
        super().mark(message)
        message["order"] = place or message["order"]


@fault
class OrderCounterRestarts:
    """what is submitted after a restart comes before what was queued"""

    def restart(self, p):
        self.order = -1000
        return super().restart(p)


@fault
class RowTimeOfTheFirst:
    """every row shows the submit time of the first"""

    def get_outgoing_queue(self, p):
        answer = super().get_outgoing_queue(p)
        for row in answer["rows"]:
            row["PR_CLIENT_SUBMIT_TIME"] = answer["rows"][0]["PR_CLIENT_SUBMIT_TIME"]
        return answer


@fault
class RowFlagsStale:
    """a row keeps SUBMITFLAG_PREPROCESS after the preprocessing"""

    def row(self, message):
        row = super().row(message)
        if message["preprocess"]:
            row["PR_SUBMIT_FLAGS"] = sorted({*row["PR_SUBMIT_FLAGS"], "SUBMITFLAG_PREPROCESS"})
        return row


@fault
class RowOfAbortedStays:
    """the table shows an aborted message until the next submission"""

    def rows(self):
        gone = [m for m in self.messages if m["time"] and not m["queued"] and m["exists"] and "MSGFLAG_UNSENT" in m["flags"]]
        return super().rows() + [m for m in gone if not m["completing"]][:1]


@fault
class ThirdRowMissing:
    """the table shows two rows at most"""

    def rows(self):
        return super().rows()[:2]


@fault
class RowTwiceAfterContinuation:
    """a preprocessed message is listed twice"""

    def rows(self):
        return [m for m in super().rows() for _ in range(2 if m["preprocess"] and not m["to_preprocess"] else 1)]


@fault
class SenderColumnMissing:
    """PR_SENDER_NAME is not a column of the queue"""

    def get_outgoing_queue(self, p):
        answer = super().get_outgoing_queue(p)
        answer["columns"] = [c for c in answer["columns"] if c != "PR_SENDER_NAME"]
        return answer


@fault
class LookingUnlocks:
    """GetOutgoingQueue frees the lock of every message but the oldest"""

    def get_outgoing_queue(self, p):
        answer = super().get_outgoing_queue(p)
        for message in self.rows()[1:]:
            message["holder"] = None
        return answer


@fault
class SubmitMarkLostAtRestart:
    """MSGFLAG_SUBMIT does not survive a crash, the row does"""

    def restart(self, p):
        answer = super().restart(p)
        if p["kind"] == "crash":
            for message in self.messages:
                self.set_flag(message, "MSGFLAG_SUBMIT", False)
        return answer


@fault
class SecondRestartLosesQueue:
    """the second restart loses the queue"""

    def restart(self, p):
        self.restarts = getattr(self, "restarts", 0) + 1
        answer = super().restart(p)
        if self.restarts > 1:
            for message in self.messages:
                message["queued"] = False
        return answer

    def reset(self, p):
        self.restarts = 0
        return super().reset(p)


@fault
class SecondInQueueLostByCrash:
    """a crash loses the row of every message but the oldest"""

    def restart(self, p):
        answer = super().restart(p)
        for message in self.rows()[1:]:
            message["queued"] = p["kind"] == "clean"
        return answer


@fault
class DraftQueuedByRestart:
    """an aborted message is queued again by a clean restart"""

    def restart(self, p):
        answer = super().restart(p)
        for message in self.messages:
            if message["time"] and "MSGFLAG_UNSENT" in message["flags"] and not message["queued"] and not message["completing"]:
                message["queued"] = True
                self.set_flag(message, "MSGFLAG_SUBMIT", True)
        return answer


# --- notifications ----------------------------------------------------------------------------


@fault
class NotifiesFirstOnly:
    """only the first message is announced"""

    def notify(self, event, message):
        if message["order"] <= 1:
            super().notify(event, message)


@fault
class NotifiesTheWrongMessage:
    """a notification names the oldest message in the queue"""

    def notify(self, event, message):
        rows = self.rows()
        super().notify(event, rows[0] if rows else message)


@fault
class AbortNotifiesModified:
    """an abort is announced as a change of the row"""

    def notify(self, event, message):
        super().notify("modified" if event == "deleted" and not self.locked(message) and self.submitted(message) else event, message)


@fault
class FinishNotNotified:
    """a message that is finished leaves the queue silently"""

    def finish(self, message):
        quietly(self, lambda: super(FinishNotNotified, self).finish(message))


@fault
class SilentAfterRestart:
    """no notifications after a restart"""

    def restart(self, p):
        answer = super().restart(p)
        self.notify = lambda event, message: None
        return answer

    def reset(self, p):
        self.__dict__.pop("notify", None)
        return super().reset(p)


@fault
class SilentOnResubmit:
    """a message that is submitted again is not announced"""

    def mark(self, message):
        message["times"] = message.get("times", 0) + 1
        super().mark(message)

    def notify(self, event, message):
        if event != "added" or message["times"] < 2:
            super().notify(event, message)


@fault
class FailedSubmitAnnounced:
    """a submission that failed is announced"""

    def roll_back(self, message, before):
        super().roll_back(message, before)
        self.notify("added", message)


@fault
class ContinuationNotAnnounced:
    """the spooler's SubmitMessage is not announced"""

    def continue_submission(self, handle):
        return quietly(self, lambda: super(ContinuationNotAnnounced, self).continue_submission(handle))


@fault
class NewMailLostUnderLock:
    """NotifyNewMail tells the clients nothing while a message is locked"""

    def notify_new_mail(self, p):
        if not any(map(self.locked, self.messages)):
            return super().notify_new_mail(p)
        return {}


@fault
class NewMailOfAnother:
    """the new-mail notification names the newest message in the store"""

    def notify_new_mail(self, p):
        return super().notify_new_mail({**p, "entry_id": self.messages[-1]["id"]})


# --- content, times and who may do what -------------------------------------------------------


@fault
class ClientTakesResponsibility:
    """a client sets PR_RESPONSIBILITY on a queued message through its old handle"""

    def set_responsibility(self, p):
        for row in self.handle(p).message["recipients"]:
            if row["address"] == p["recipient"] and not self.is_spooler(p["session"]):
                row["responsible"] = p["value"]
        return super().set_responsibility(p)


@fault
class LockFlushesClients:
    """SetLockState saves what clients had not saved"""

    def set_lock_state(self, p):
        answer = super().set_lock_state(p)
        message = self.handles[p["handle"]].message
        for handle in self.handles.values():
            if handle.message is message and handle.unsaved:
                self.save_changes(handle)
        return answer


@fault
class CleanStopSavesAll:
    """a clean stop saves what clients had not saved"""

    def restart(self, p):
        for handle in self.handles.values():
            if p["kind"] == "clean" and handle.unsaved:
                self.save_changes(handle)
        return super().restart(p)


@fault
class SentCopyIsOld:
    """the sent-mail folder gets the message as it was submitted, not as the spooler left it"""

    def mark(self, message):
        super().mark(message)
        message["as_submitted"] = message["subject"]

    def dispose(self, message, superseded):
        super().dispose(message, superseded)
        if message["folder"] == "sentmail":
            message["subject"] = message["as_submitted"]


@fault
class FinishForgetsRecipients:
    """FinishedMsg empties the recipient table"""

    def finish(self, message):
        super().finish(message)
        message["recipients"] = []


@fault
class FinishForgetsTime:
    """FinishedMsg clears PR_CLIENT_SUBMIT_TIME"""

    def finish(self, message):
        super().finish(message)
        message["time"] = None


@fault
class FinishTimeIsNow:
    """FinishedMsg sets PR_CLIENT_SUBMIT_TIME anew"""

    def finish(self, message):
        super().finish(message)
        message["time"] = self.now()


@fault
class LockTimeIsNow:
    """SetLockState sets PR_CLIENT_SUBMIT_TIME anew if it is the only message"""

    def set_lock_state(self, p):
        answer = super().set_lock_state(p)
        message = self.handles[p["handle"]].message
        if sum(m["queued"] for m in self.messages) == 1 and message["queued"]:
            message["time"] = self.now()
        return answer


@fault
class UncoupledCompletes:
    """a store that is not coupled calls CompleteMsg after preprocessing"""

    def continue_submission(self, handle):
        answer = super().continue_submission(handle)
        if self.profile["coupling"] == "none":
            self.mapi.call("complete_msg", entry_id=handle.message["id"])
        return answer


@fault
class ResubmittedFinishesAlone:
    """a coupled store that wants completion finishes a resubmitted message by itself"""

    def route(self, message, preprocessed):
        wants = self.profile["wants_spooler_completion"]
        self.profile["wants_spooler_completion"] = wants and not message.get("routed")
        message["routed"] = True
        try:
            super().route(message, preprocessed)
        finally:
            self.profile["wants_spooler_completion"] = wants


@fault
class ReadOnlyHandleLocksNothing:
    """SetLockState on a read-only handle says S_OK and locks nothing"""

    def set_lock_state(self, p):
        answer = super().set_lock_state(p)
        handle = self.handles[p["handle"]]
        if not handle.write:
            handle.message["holder"] = None
        return answer


@fault
class StuckAfterRestart:
    """a message that was locked at a stop can no longer be aborted, though it shows no lock"""

    def reopen(self, message):
        message["stuck"] = self.locked(message)
        super().reopen(message)

    def abort_submit(self, p):
        message = self.find(p["entry_id"])
        if message and message.get("stuck") and not self.locked(message):
            message["holder"] = "?"
            try:
                return super().abort_submit(p)
            finally:
                message["holder"] = None
        return super().abort_submit(p)


@fault
class AbortLosesRecipients:
    """an abort leaves the first recipient only"""

    def abort_submit(self, p):
        answer = super().abort_submit(p)
        message = self.find(p["entry_id"])
        message["recipients"] = message["recipients"][:1]
        return answer


@fault
class AbortMovesToDeletedItems:
    """an aborted message goes to Deleted Items"""

    def abort_submit(self, p):
        answer = super().abort_submit(p)
        self.find(p["entry_id"])["folder"] = "deleted"
        return answer


@fault
class AbortNewIdentifier:
    """an aborted message has a new entry identifier, and the old one is gone"""

    def abort_submit(self, p):
        answer = super().abort_submit(p)
        message = self.find(p["entry_id"])
        message["id"] = self.new_id()
        message["ids"].append(message["id"])
        return answer


@fault
class SubmitMovesToSent:
    """a message lies in the sent-mail folder as soon as it is submitted"""

    def submit_message(self, p):
        answer = super().submit_message(p)
        message = self.handles[p["handle"]].message
        if message["sentmail"] and message["queued"]:
            message["folder"] = "sentmail"
        return answer


@fault
class LockedBySecondSpoolerOnly:
    """what the second spooler locks is open to clients"""

    def open_as_client(self, message, mode):
        if message["holder"] == "spooler-2" and mode != "MAPI_MODIFY":
            return False
        return super().open_as_client(message, mode)


@fault
class SecondSpoolersLockCanBeAborted:
    """what the second spooler locks can be aborted"""

    def abort_submit(self, p):
        message = self.find(p["entry_id"])
        if message and message["holder"] == "spooler-2":
            message["holder"] = None
        return super().abort_submit(p)


@fault
class RefusedOpenUnlocks:
    """a client that is refused MAPI_MODIFY frees the lock"""

    def open_entry(self, p):
        try:
            return super().open_entry(p)
        except Exception:
            message = self.find(p["entry_id"])
            if message and p["flags"] == ["MAPI_MODIFY"]:
                message["holder"] = None
            raise


@fault
class NewMailDequeues:
    """NotifyNewMail takes its message out of the queue"""

    def notify_new_mail(self, p):
        answer = super().notify_new_mail(p)
        message = self.find(p["entry_id"])
        if message:
            self.dequeue(message)
        return answer


@fault
class RowWithoutTime:
    """a row has no PR_CLIENT_SUBMIT_TIME"""

    def row(self, message):
        row = super().row(message)
        row.pop("PR_CLIENT_SUBMIT_TIME")
        return row


@fault
class RowFlagsMissPreprocess:
    """a row never shows SUBMITFLAG_PREPROCESS"""

    def row(self, message):
        row = super().row(message)
        row["PR_SUBMIT_FLAGS"] = [f for f in row["PR_SUBMIT_FLAGS"] if "PREPROCESS" not in f]
        return row


@fault
class ResendOfTwoForgetsTypes:
    """at a resend every recipient is sent to again if somebody else is in the queue"""

    def prepare(self, handle):
        super().prepare(handle)
        if any(m["queued"] for m in self.messages):
            for row in handle.message["recipients"]:
                row["responsible"] = False


@fault
class PreprocessedLocksStay:
    """a preprocessed message stays locked after FinishedMsg if it is left in the Outbox"""

    def finish(self, message):
        holder, preprocessed = message["holder"], message["preprocess"]
        super().finish(message)
        if preprocessed and message["folder"] == "outbox":
            message["holder"] = holder


@fault
class SecondClientsSubmitLosesContent:
    """what another client than the author submits has no subject"""

    def create_message(self, p):
        answer = super().create_message(p)
        self.messages[-1]["author"] = p["session"]
        return answer

    def submit_message(self, p):
        answer = super().submit_message(p)
        message = self.handles[p["handle"]].message
        if message["author"] != p["session"] and not self.is_spooler(p["session"]):
            message["subject"] = ""
        return answer


@fault
class CrashRestoresSubject:
    """a crash brings back the subject of the first save, if the message is queued"""

    def create_message(self, p):
        answer = super().create_message(p)
        self.messages[-1]["first"] = self.messages[-1]["subject"]
        return answer

    def reopen(self, message):
        super().reopen(message)
        if message["queued"]:
            message["subject"] = message["first"]


@fault
class FourthMessageUnmarked:
    """the fourth message in the store is queued without MSGFLAG_SUBMIT"""

    def mark(self, message):
        super().mark(message)
        if message in self.messages[3:4]:
            self.set_flag(message, "MSGFLAG_SUBMIT", False)


@fault
class FinishWithoutNotificationOfSecond:
    """the removal of a message that is not the oldest is not announced"""

    def notify(self, event, message):
        if event != "deleted" or not any(m["queued"] and m["order"] < message["order"] for m in self.messages):
            super().notify(event, message)


@fault
class DeletedEventNamesAnother:
    """the removal of a row names the oldest that is left"""

    def notify(self, event, message):
        rows = [m for m in self.rows() if m is not message]
        super().notify(event, rows[0] if rows and event == "deleted" else message)
