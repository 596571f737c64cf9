#!/usr/bin/env python3
"""A message store behind the adapter protocol, in plain Python.

It keeps its messages in memory and what must survive a stop in a JSON file. Everything that the pages leave open is a
switch (`switches.py`), so that one program stands for many stores, all of them correct:

    spoolproof conform --provider 'python3 adapters/python/store.py --reading C3=LockPersists'

`wire.py` speaks the protocol, `messages.py` keeps the messages, and this file sends them.
"""

import copy
import time
from datetime import datetime, timedelta, timezone

from messages import Messages
from switches import arguments
from wire import Adapter, Refused

COLUMNS = [
    "PR_CLIENT_SUBMIT_TIME", "PR_DISPLAY_BCC", "PR_DISPLAY_CC", "PR_DISPLAY_TO", "PR_ENTRYID", "PR_MESSAGE_FLAGS",
    "PR_MESSAGE_SIZE", "PR_PRIORITY", "PR_SENDER_NAME", "PR_SUBJECT", "PR_SUBMIT_FLAGS",
]

class Store(Messages):
    """The message store: `Messages`, and how they are sent."""

    # --- submission ---------------------------------------------------------------------------

    def submit_message(self, p):
        handle = self.handle(p)
        message, session = handle.message, p["session"]
        if not self.profile["outgoing_submission"]:
            raise Refused("MAPI_E_NO_SUPPORT")
        if self.submitted(message):
            if self.is_spooler(session) and message["to_preprocess"]:
                return self.continue_submission(handle)
            return self.submit_again(message)
        self.writable(handle)
        before, unsaved = copy.deepcopy(message), dict(handle.unsaved)
        try:
            self.begin_submission(handle)
            self.route(message, preprocessed=False)
        except Refused:
            self.roll_back(message, before)
            handle.unsaved = unsaved
            raise
        self.save(message)
        if self.reading("H13") == "HandleStaysDead" or "dead-after-submit" in self.quirks:
            handle.dead = True
        return {}

    def submit_again(self, message):
        e6 = self.reading("E6")
        if e6 == "Idempotent":
            return {}
        raise self.code("duplicate", "MAPI_E_NO_ACCESS" if e6 == "RefuseNoAccess" else "MAPI_E_SUBMITTED")

    def begin_submission(self, handle):
        """All that comes before the message goes one way or the other: PrepareSubmit, ExpandRecips, the marks."""
        message = handle.message
        if not message["recipients"]:
            raise Refused("MAPI_E_NO_RECIPIENTS")
        for row in message["recipients"]:
            row["responsible"] = False
        if self.reading("A8") == "SeedOrder":
            self.prepare(handle)
            self.mark(message)
            self.save_changes(handle)
            self.expand(message)
        else:
            self.save_changes(handle)
            steps = [lambda: self.prepare(handle), lambda: self.expand(message)]
            for step in reversed(steps) if "expand-first" in self.quirks else steps:
                step()
            self.mark(message)
        if not message["recipients"]:
            raise Refused("MAPI_E_NO_RECIPIENTS")

    def prepare(self, handle):
        message = handle.message
        resend = "MSGFLAG_RESEND" in message["flags"]
        if not resend and self.reading("A5") != "Always":
            return
        self.announce(handle.session)
        answer = self.mapi.call("prepare_submit", entry_id=message["id"])
        if resend and answer.get("recipients") is not None:
            self.take_recipients(message, answer["recipients"])

    def announce(self, session):
        if session not in self.sessions_ready:
            self.mapi.call("spooler_notify", flags=["NOTIFY_READYTOSEND"])
            self.sessions_ready.add(session)

    def expand(self, message):
        answer = self.mapi.call("expand_recips", entry_id=message["id"])
        if answer.get("recipients") is not None:
            self.take_recipients(message, answer["recipients"])
        flags = answer.get("flags", [])
        message["needs_spooler"] = "NEEDS_SPOOLER" in flags
        message["to_preprocess"] = message["preprocess"] = "NEEDS_PREPROCESSING" in flags

    def take_recipients(self, message, rows):
        """MAPI's list replaces ours; what it does not say of a recipient stays."""
        known = {r["address"]: r for r in message["recipients"]}
        taken = []
        for row in rows:
            old = known.get(row["address"], {"addrtype": "SMTP", "type": "MAPI_TO"})
            new = {"address": row["address"], "addrtype": row.get("addrtype", old["addrtype"]), "type": row.get("type", old["type"])}
            if "PR_RESPONSIBILITY" in row:
                new["responsible"] = row["PR_RESPONSIBILITY"]
            elif self.reading("A14") == "StoreReinitialises":
                new["responsible"] = old.get("responsible", False)
            taken.append(new)
        message["recipients"] = taken

    def mark(self, message):
        self.set_flag(message, "MSGFLAG_SUBMIT", True)
        self.set_flag(message, "MSGFLAG_UNSENT", self.reading("F5") != "ClearedAtSubmit")
        message["time"] = self.now()
        message["order"] = self.order = self.order + 1
        for row in message["recipients"]:
            row.setdefault("responsible", False) if self.reading("A14") == "StoreReinitialises" else None

    def now(self):
        """The time, later than any given before."""
        self.last_time = max(datetime.now(timezone.utc), self.last_time + timedelta(microseconds=1))
        if "seconds" in self.quirks:
            return self.last_time.strftime("%Y-%m-%dT%H:%M:%SZ")
        return self.last_time.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"

    def continue_submission(self, handle):
        """The spooler has preprocessed the message."""
        message = handle.message
        if self.locked(message) and message["holder"] not in (handle.session, "(kept)"):
            raise self.code("continue-foreign", "MAPI_E_NO_ACCESS")
        before = copy.deepcopy(message)
        self.save_changes(handle)
        message["to_preprocess"] = False
        try:
            self.route(message, preprocessed=True)
        except Refused:
            self.roll_back(message, before)
            raise
        self.save(message)
        if self.reading("H12") == "HandleDead":
            handle.dead = True
        return {}

    def route(self, message, preprocessed):
        """Where a marked message goes: to the preprocessors, to our own transport, or to the spooler."""
        if message["to_preprocess"]:
            self.enqueue(message)
            return
        tight = self.profile["coupling"] == "tight"
        open_rows = [r for r in message["recipients"] if not r.get("responsible")]
        ours = [r for r in open_rows if tight and r["addrtype"] in self.profile["handles_addrtypes"]]
        if tight and len(ours) == len(open_rows) and not message["needs_spooler"]:
            self.deliver(ours)
            if preprocessed or self.profile["wants_spooler_completion"]:
                self.complete(message)
            else:
                self.dequeue(message)
                superseded = "direct-hooks" in self.quirks and self.run_hooks(message)
                self.clear_marks(message)
                self.dispose(message, superseded)
            return
        if message["needs_spooler"] or "partial-without-flag" in self.quirks:
            if self.reading("A1") == "PartialThenSpool":
                self.deliver(ours)
        self.enqueue(message)

    def deliver(self, rows):
        """Our own transport sends to these recipients."""
        for row in rows:
            row["responsible"] = True

    def complete(self, message):
        """Asks the spooler to complete a message that we have sent."""
        if message["queued"] and self.reading("H2") == "RowRemoved":
            self.dequeue(message)
        try:
            message["completing"] = True
            self.mapi.call("complete_msg", entry_id=message["id"])
        except Refused:
            if self.reading("H11") != "QueueInstead":
                raise
            message["completing"] = False
            self.enqueue(message)

    def roll_back(self, message, before):
        was_queued = message["queued"]
        saves = message["save_count"]
        message.clear()
        message.update(before)
        message["save_count"] = saves
        if message["queued"] and not was_queued:
            self.notify("added", message)
        self.save(message)

    # --- the queue ----------------------------------------------------------------------------

    def enqueue(self, message):
        if message["queued"]:
            self.notify("modified", message)
            return
        message["queued"] = True
        if self.reading("F8") == "NewIdOnSubmit":
            message["aliases"].append(message["id"])
            message["id"] = self.new_id()
            message["ids"].append(message["id"])
        if self.reading("E3") == "Eventually":
            self.hidden[message["key"]] = time.monotonic() + self.options.delay / 1000
        else:
            self.notify("added", message)

    def dequeue(self, message):
        if message["queued"]:
            message["queued"] = False
            # A row that nobody ever saw needs no notification.
            if self.hidden.pop(message["key"], None) is None:
                self.notify("deleted", message)

    def show_due_rows(self):
        """Shows the rows whose time has come; returns the seconds until the next one, or None."""
        for key, due in list(self.hidden.items()):
            if due <= time.monotonic():
                del self.hidden[key]
                self.notify("added", next(m for m in self.messages if m["key"] == key))
        return max(0.0, min(self.hidden.values()) - time.monotonic()) if self.hidden else None

    def notify(self, event, message):
        if "changed-events" in self.quirks:
            self.mapi.notify("table_modified", table="outgoing_queue", event="changed")
        elif "id-less-events" in self.quirks:
            self.mapi.notify("table_modified", table="outgoing_queue", event=event)
        else:
            self.mapi.notify("table_modified", table="outgoing_queue", event=event, entry_id=message["id"])

    def rows(self):
        rows = [m for m in self.messages if m["queued"] and m["key"] not in self.hidden]
        rows.sort(key=lambda m: m["order"])
        if "unsorted" in self.quirks:
            rows = rows[1::2] + rows[0::2]
        return rows

    def row(self, message):
        row = {"entry_id": message["id"], **self.properties(message)}
        if self.reading("E3") == "AddRemoveOnly":
            row["PR_SUBMIT_FLAGS"] = [f for f in row["PR_SUBMIT_FLAGS"] if f != "SUBMITFLAG_LOCKED"]
        if "minimal-rows" in self.quirks:
            return {name: row[name] for name in ("entry_id", "PR_CLIENT_SUBMIT_TIME", "PR_SUBMIT_FLAGS")}
        return row

    def get_outgoing_queue(self, p):
        self.spooler_only(p)
        return {"columns": COLUMNS, "rows": [self.row(m) for m in self.rows()]}

    def spooler_only(self, p):
        """Refuses a client where the store reserves the call for the spooler."""
        if not self.profile["outgoing_submission"]:
            raise Refused("MAPI_E_NO_SUPPORT")
        if not self.is_spooler(p["session"]) and self.reading("H15") == "Refuse":
            raise Refused("MAPI_E_NO_SUPPORT")

    def abort_submit(self, p):
        message = self.find(p["entry_id"])
        sample = self.reading("F7") == "SampleStore"
        if message is None:
            raise self.code("abort-gone", "MAPI_E_NOT_FOUND")
        if self.submitted(message) and self.locked(message):
            raise self.code("abort-locked", "MAPI_E_UNABLE_TO_ABORT")
        if not message["queued"] or message["completing"]:
            never = "MAPI_E_UNABLE_TO_ABORT" if message["time"] is None else "MAPI_E_NOT_FOUND"
            raise self.code("abort-not-queued", never if sample else "MAPI_E_NOT_IN_QUEUE")
        self.dequeue(message)
        self.set_flag(message, "MSGFLAG_SUBMIT", False)
        self.set_flag(message, "MSGFLAG_UNSENT", self.reading("F5") != "Cleared")
        if self.reading("F6") == "EverythingUndone":
            message["preprocess"] = message["to_preprocess"] = False
            for row in message["recipients"]:
                row["responsible"] = False
        message["save_count"] += 1
        self.save(message)
        return {}

    # --- the spooler's side -------------------------------------------------------------------

    def set_lock_state(self, p):
        self.spooler_only(p)
        handle = self.handle(p)
        message = handle.message
        if not message["exists"]:
            raise Refused("MAPI_E_OBJECT_DELETED")
        if not self.submitted(message) and self.reading("C7") == "NotInQueue":
            raise self.code("lock-draft", "MAPI_E_NOT_IN_QUEUE")
        lock = p["lock_state"] == "MSG_LOCKED"
        c1 = self.reading("C1")
        foreign = self.locked(message) and message["holder"] not in (p["session"], "(kept)")
        if foreign and c1 != "Idempotent":
            raise self.code("lock-conflict", "MAPI_E_SUBMITTED")
        if lock == self.locked(message) and message["holder"] != "(kept)":
            if c1 == "StrictError":
                raise self.code("lock-again", "MAPI_E_SUBMITTED")
        elif self.reading("E3") == "AlsoModify" and message["queued"] and message["key"] not in self.hidden:
            self.notify("modified", message)
        if not foreign or not lock:
            message["holder"] = p["session"] if lock else None
        self.save_changes(handle)
        return {}

    def finished_msg(self, p):
        if not self.is_spooler(p["session"]) or not self.profile["outgoing_submission"]:
            raise Refused("MAPI_E_NO_SUPPORT")
        message = self.find(p["entry_id"])
        if message is None:
            raise self.code("finish-gone", "MAPI_E_NOT_FOUND")
        if not self.submitted(message):
            raise self.code("finish-again", "MAPI_E_NOT_IN_QUEUE")
        if not self.locked(message) and self.reading("D5") == "Refuse":
            raise self.code("finish-unlocked", "MAPI_E_NO_ACCESS")
        if self.locked(message) and message["holder"] not in (p["session"], "(kept)"):
            if "finish-by-any-spooler" not in self.quirks:
                raise self.code("finish-foreign", "MAPI_E_NO_ACCESS")
        self.finish(message)
        return {}

    def finish(self, message):
        self.clear_marks(message)
        if "row-until-hooks-ran" not in self.quirks:
            self.dequeue(message)
        self.save(message)
        try:
            self.dispose(message, self.run_hooks(message))
        finally:
            self.dequeue(message)
            self.save(message)

    def clear_marks(self, message):
        message["holder"] = None
        message["completing"] = message["preprocess"] = message["to_preprocess"] = False
        self.set_flag(message, "MSGFLAG_SUBMIT", False)
        self.set_flag(message, "MSGFLAG_UNSENT", False)

    def run_hooks(self, message):
        return self.mapi.call("do_sent_mail", entry_id=message["id"]).get("superseded", False)

    def dispose(self, message, superseded):
        """The sent-mail folder and the deletion, as the client asked for them."""
        d2 = self.reading("D2")
        gone = message["delete"] and not (superseded and self.reading("H14") == "HookKeeps")
        if message["sentmail"] and not superseded and not (gone and d2 == "GoneEntirely"):
            if d2 == "CopySemantics" and not gone:
                message["sent_copies"].append(self.new_id())
                return
            message["folder"] = "sentmail"
            if "new-id-on-move" in self.quirks:
                message["id"] = self.new_id()
                message["aliases"] = []
                message["ids"].append(message["id"])
        elif gone and "deleted-items" in self.quirks:
            message["folder"] = "deleted"
        elif gone:
            message["exists"], message["folder"] = False, "none"

    def notify_new_mail(self, p):
        self.spooler_only(p)
        self.mapi.notify("new_mail", entry_id=p["entry_id"])
        return {}

    # --- for the checker's eyes ---------------------------------------------------------------

    def observe(self, p):
        message = self.track(p["entry_id"])
        if message is None:
            raise Refused("MAPI_E_NOT_FOUND")
        if not message["exists"]:
            seen = {"exists": False, "folder": "none", "copies": 0, "sentmail_copies": [], "in_outgoing_queue": False}
        else:
            copies = message["sent_copies"]
            in_sent = [message["id"]] if message["folder"] == "sentmail" else []
            seen = {
                "exists": True, "folder": "sentmail" if copies else message["folder"], "copies": 1 + len(copies),
                "sentmail_copies": in_sent + copies, **self.properties(message), "in_outgoing_queue": message["queued"],
                "recipients": [self.recipient(r) for r in message["recipients"]],
            }
            now = copies[0] if copies else message["id"]
            if now != p["entry_id"]:
                seen["entry_id_now"] = now
        if self.options.observe is not None:
            seen = {name: value for name, value in seen.items() if name in self.options.observe.split(",")}
        return seen

    def recipient(self, row):
        seen = {"address": row["address"]}
        return {**seen, "PR_RESPONSIBILITY": row["responsible"]} if "responsible" in row else seen



def main():
    options = arguments()
    store = Store
    if options.fault:
        import faults
        store = faults.broken(Store, options.fault)
    Adapter(options, store).run()


if __name__ == "__main__":
    main()
