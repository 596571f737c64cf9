"""Messages, the handles that clients have on them, and what survives a stop."""

import copy
import json
import os
import tempfile
from datetime import datetime, timezone

from switches import READINGS
from wire import Refused, RpcError


class Handle:
    """An open message: who opened it, how, and what was set and not yet saved."""

    def __init__(self, message, session, write):
        self.message, self.session, self.write = message, session, write
        self.unsaved = {}
        self.dead = False
        self.save_count = message["save_count"]


class Messages:
    """The part of the store that knows nothing of sending. A public method is one of the protocol: it takes the params,
    and returns the members of the result."""

    def __init__(self, options, mapi):
        self.options, self.mapi = options, mapi
        self.quirks = set(options.quirk)
        self.codes = dict(pair.split("=", 1) for pair in options.code)
        self.path = options.state or os.path.join(tempfile.mkdtemp(prefix="store-"), "store.json")
        self.last_handle = self.last_message = 0
        self.last_time = datetime.fromtimestamp(0, timezone.utc)
        self.reset({})

    # --- who and what -------------------------------------------------------------------------

    def reading(self, name):
        return self.readings[name]

    def code(self, situation, default):
        """The code for a refusal; `--code SITUATION=CODE` picks another."""
        return Refused(self.codes.get(situation, default))

    def is_spooler(self, session):
        return session.startswith("spooler")

    def handle(self, p):
        handle = self.handles.get(p["handle"])
        if handle is None or handle.dead or p.get("session", handle.session) != handle.session:
            raise self.code("dead-handle", "MAPI_E_INVALID_PARAMETER")
        return handle

    def new_handle(self, message, session, write):
        if "reuse-handles" in self.quirks:
            name = next(str(n) for n in range(1, 9999) if str(n) not in self.handles)
        else:
            self.last_handle += 1
            name = f"h{self.last_handle}"
        self.handles[name] = Handle(message, session, write)
        return name

    def new_id(self):
        self.last_message += 1
        return f"entry-{self.last_message:04}"

    def find(self, entry_id):
        """The message that the store knows by this id, or None."""
        for message in self.messages:
            if message["exists"] and (entry_id == message["id"] or entry_id in message["aliases"]):
                return message
        return None

    def track(self, entry_id):
        """The message that ever had this id."""
        for message in self.messages:
            if entry_id in message["ids"]:
                return message
        return None

    def locked(self, message):
        return message["holder"] is not None

    def submitted(self, message):
        return "MSGFLAG_SUBMIT" in message["flags"]

    def submit_flags(self, message):
        flags = ["SUBMITFLAG_LOCKED"] if self.locked(message) else []
        return flags + (["SUBMITFLAG_PREPROCESS"] if message["to_preprocess"] else [])

    def set_flag(self, message, flag, value):
        message["flags"] = [f for f in message["flags"] if f != flag] + ([flag] if value else [])

    # --- what survives ------------------------------------------------------------------------

    def save(self, message):
        """Writes one message to the file, as SaveChanges does."""
        self.durable[message["key"]] = copy.deepcopy(message)
        self.write()

    def write(self):
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            json.dump(self.durable, file)
        os.replace(self.path + ".new", self.path)

    def restart(self, p):
        if p["kind"] == "clean":
            for message in self.messages:
                self.save(message)
        self.handles, self.sessions_ready, self.hidden = {}, set(), {}
        with open(self.path, encoding="utf-8") as file:
            self.durable = json.load(file)
        self.messages = [copy.deepcopy(m) for m in self.durable.values()]
        for message in self.messages:
            self.reopen(message)
        return {}

    def reopen(self, message):
        """Brings one message back after a stop."""
        if self.locked(message):
            # The session that held it is gone: nobody in particular holds a lock that was kept.
            message["holder"] = "(kept)" if self.persists_lock() else None
        if message["completing"] and not message["queued"]:
            if self.reading("H3") == "CompleteAgain":
                self.mapi.call("complete_msg", entry_id=message["id"])
            else:
                message["queued"] = True

    def persists_lock(self):
        return self.profile["persists_lock"] is True

    def reset(self, p):
        given = dict(pair.split("=", 1) for pair in self.options.reading)
        self.readings = {**READINGS, **given}
        lock = {"LockLost": False, "LockPersists": True}.get(self.reading("C3"))
        self.profile = {
            "outgoing_submission": True, "coupling": "none", "handles_addrtypes": [], "wants_spooler_completion": False,
            "persists_lock": lock, "sorts_queue": "table" if "unsorted" in self.quirks else "store",
            "readings": given if self.options.declare else {},
        }
        self.profile.update(json.loads(self.options.profile))
        if p.get("profile"):
            if self.options.fixed_profile:
                raise RpcError(-32602, "the profile of this store is fixed")
            self.profile.update(p["profile"])
        if "reuse-ids" in self.quirks:
            self.last_handle = self.last_message = 0
        self.handles, self.messages, self.durable = {}, [], {}
        self.sessions_ready, self.hidden = set(), {}
        self.order = 0
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("{}")
        return {}

    # --- messages -----------------------------------------------------------------------------

    def create_message(self, p):
        entry_id = self.new_id()
        recipients = [
            {"address": r["address"], "addrtype": r.get("addrtype", "SMTP"), "type": r.get("type", "MAPI_TO")}
            for r in p["recipients"]
        ]
        message = {
            "key": entry_id, "id": entry_id, "ids": [entry_id], "aliases": [], "exists": True, "folder": "outbox",
            "subject": p.get("subject", ""), "flags": ["MSGFLAG_UNSENT", "MSGFLAG_UNMODIFIED", *p.get("message_flags", [])],
            "recipients": recipients, "sentmail": p.get("sentmail", False), "delete": p.get("delete_after_submit", False),
            "time": None, "preprocess": False, "to_preprocess": False, "holder": None, "queued": False, "order": 0,
            "needs_spooler": False, "completing": False, "sent_copies": [], "save_count": 0,
        }
        self.messages.append(message)
        self.save(message)
        return {"entry_id": entry_id, "handle": self.new_handle(message, p["session"], True)}

    def open_entry(self, p):
        session = p["session"]
        message = self.find(p["entry_id"])
        if message is None:
            raise self.code("unknown-id", "MAPI_E_NOT_FOUND")
        mode = (p.get("flags") or [""])[0]
        if self.is_spooler(session):
            write = self.open_as_spooler(message, session, mode)
        else:
            write = self.open_as_client(message, mode)
        return {"handle": self.new_handle(message, session, write), "access": "read_write" if write else "read"}

    def open_as_spooler(self, message, session, mode):
        foreign = self.locked(message) and message["holder"] not in (session, "(kept)")
        if foreign and self.reading("B3") == "HolderExempt":
            raise self.code("locked-for-spooler", "MAPI_E_NO_ACCESS")
        return mode != ""

    def open_as_client(self, message, mode):
        if not self.submitted(message):
            return mode != ""
        b1 = self.reading("B1")
        if b1 == "NothingButAbort" or (self.reading("F8") == "InvalidForOpenOnly" and message["queued"]):
            raise Refused("MAPI_E_NO_ACCESS" if self.locked(message) or mode != "MAPI_MODIFY" else "MAPI_E_SUBMITTED")
        if self.locked(message):
            if mode == "MAPI_MODIFY":
                raise Refused("MAPI_E_NO_ACCESS" if b1 == "LockDominates" else "MAPI_E_SUBMITTED")
            if not (b1 == "SampleStore" or (b1 == "RegardlessOfLock" and mode)):
                raise Refused("MAPI_E_NO_ACCESS")
        if mode == "MAPI_MODIFY":
            raise Refused("MAPI_E_SUBMITTED")
        return False

    def release(self, p):
        if self.handles.pop(p["handle"], None) is None:
            raise self.code("dead-handle", "MAPI_E_INVALID_PARAMETER")
        return {}

    def writable(self, handle):
        """Refuses a write that this handle may not make."""
        message = handle.message
        if not message["exists"]:
            raise self.code("write-deleted", "MAPI_E_OBJECT_DELETED")
        if not handle.write:
            raise self.code("write-read-only", "MAPI_E_NO_ACCESS")
        if self.is_spooler(handle.session):
            if self.locked(message) and message["holder"] not in (handle.session, "(kept)"):
                raise self.code("write-locked", "MAPI_E_NO_ACCESS")
        elif self.submitted(message):
            raise self.code("write-submitted", "MAPI_E_SUBMITTED")
        elif self.reading("B2") == "StaleHandle" and handle.save_count != message["save_count"]:
            raise Refused("MAPI_E_OBJECT_CHANGED")

    def save_changes(self, handle):
        message = handle.message
        if "PR_SUBJECT" in handle.unsaved:
            message["subject"] = handle.unsaved["PR_SUBJECT"]
        handle.unsaved = {}
        self.set_flag(message, "MSGFLAG_UNMODIFIED", False)
        message["save_count"] += 1
        handle.save_count = message["save_count"]
        self.save(message)

    def set_props(self, p):
        handle = self.handle(p)
        self.writable(handle)
        handle.unsaved.update(p["props"])
        if p.get("save"):
            self.save_changes(handle)
        return {}

    def get_props(self, p):
        handle = self.handle(p)
        message = handle.message
        values = {**self.properties(message), "PR_ACCESS_LEVEL": int(handle.write), "PR_ENTRYID": message["id"]}
        values.update(handle.unsaved)
        return {"props": {name: values[name] for name in p["props"] if values.get(name) is not None}}

    def properties(self, message):
        return {
            "PR_SUBJECT": message["subject"], "PR_MESSAGE_FLAGS": message["flags"],
            "PR_SUBMIT_FLAGS": self.submit_flags(message), "PR_CLIENT_SUBMIT_TIME": message["time"],
            "PR_PREPROCESS": message["preprocess"],
        }

    def set_responsibility(self, p):
        handle = self.handle(p)
        self.writable(handle)
        rows = [r for r in handle.message["recipients"] if r["address"] == p["recipient"]]
        if not rows:
            raise Refused("MAPI_E_NOT_FOUND")
        for row in rows:
            row["responsible"] = p["value"]
        if self.reading("H7") == "Saved":
            self.save_changes(handle)
        return {}
