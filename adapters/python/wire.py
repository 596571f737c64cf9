"""The adapter protocol: JSON-RPC 2.0, one message a line, with calls inside calls."""

import json
import os
import select

NUMBERS = {
    "S_OK": 0, "MAPI_E_CALL_FAILED": 0x80004005, "MAPI_E_NO_ACCESS": 0x80070005, "MAPI_E_INVALID_PARAMETER": 0x80070057,
    "MAPI_E_NO_SUPPORT": 0x80040102, "MAPI_E_INVALID_ENTRYID": 0x80040107, "MAPI_E_OBJECT_CHANGED": 0x80040109,
    "MAPI_E_OBJECT_DELETED": 0x8004010A, "MAPI_E_BUSY": 0x8004010B, "MAPI_E_NOT_FOUND": 0x8004010F,
    "MAPI_E_LOGON_FAILED": 0x80040111, "MAPI_E_UNABLE_TO_ABORT": 0x80040114, "MAPI_E_CORRUPT_STORE": 0x80040600,
    "MAPI_E_NOT_IN_QUEUE": 0x80040601, "MAPI_E_NO_RECIPIENTS": 0x80040607, "MAPI_E_SUBMITTED": 0x80040608,
}



class Refused(Exception):
    """The store refuses: `hresult` is the result of the call."""

    def __init__(self, hresult):
        super().__init__(hresult)
        self.hresult = hresult


class RpcError(Exception):
    """The adapter cannot serve the call."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class Wire:
    """JSON-RPC 2.0, one message a line, on stdin and stdout."""

    def __init__(self):
        self.buffer = b""

    def send(self, message):
        line = json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"
        self.write_all(line)

    @staticmethod
    def write_all(line):
        """Writes all of it: a pipe may take less than is offered."""
        while line:
            line = line[os.write(1, line):]

    def read(self, idle):
        """The next message, or None at the end. `idle()` says how long nothing needs to be done, in seconds."""
        while b"\n" not in self.buffer:
            if not select.select([0], [], [], idle())[0]:
                continue
            data = os.read(0, 65536)
            if not data:
                return None
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line) if line.strip() else self.read(idle)



class Mapi:
    """MAPI, as the store sees it: its support object, and who listens to its notifications."""

    def __init__(self, adapter):
        self.adapter = adapter

    def call(self, method, **params):
        method = f"support.{method}"
        if method not in self.adapter.supports:
            return {}
        answer = self.adapter.request(method, params)
        hresult = answer.get("hresult", "S_OK")
        if self.failed(hresult):
            raise Refused(hresult)
        return answer

    @staticmethod
    def failed(hresult):
        """Whether this is the code of a failure, however it is written."""
        if isinstance(hresult, int):
            return bool(hresult & 0x80000000)
        return hresult.startswith(("MAPI_E_", "E_", "0x8"))

    def notify(self, method, **params):
        if f"notify.{method}" in self.adapter.supports:
            self.adapter.wire.send({"method": f"notify.{method}", "params": params})


class Adapter:
    """Serves the checker's requests, one inside the other."""

    METHODS = """create_message open_entry release set_props submit_message abort_submit set_lock_state get_props
                 get_outgoing_queue set_responsibility finished_msg notify_new_mail observe restart""".split()
    CALLED = """support.prepare_submit support.expand_recips support.complete_msg support.do_sent_mail
                support.spooler_notify notify.table_modified notify.new_mail""".split()

    def __init__(self, options, store):
        self.options, self.wire = options, Wire()
        self.supports = [
            name for name in self.METHODS + self.CALLED if not any(name.startswith(left_out) for left_out in options.without)
        ]
        self.store = store(options, Mapi(self))
        self.last_id = 0
        self.running = True

    def run(self):
        while self.running:
            message = self.wire.read(self.store.show_due_rows)
            if message is None:
                break
            self.serve(message)

    def request(self, method, params):
        """Calls the checker, and serves what it asks before it answers."""
        self.last_id += 1
        self.wire.send({"id": f"s{self.last_id}", "method": method, "params": params})
        while True:
            message = self.wire.read(self.store.show_due_rows)
            if message is None:
                raise SystemExit("the checker went away during " + method)
            if "method" in message:
                self.serve(message)
            else:
                return message.get("result", {"hresult": "MAPI_E_CALL_FAILED"})

    def serve(self, message):
        self.store.show_due_rows()
        try:
            answer = {"result": self.answer(message["method"], message.get("params", {}))}
        except RpcError as error:
            answer = {"error": {"code": error.code, "message": str(error)}}
        self.wire.send({"id": message["id"], **answer})

    def answer(self, method, params):
        if method == "initialize":
            return {
                "protocol_version": 1, "provider": {"name": "python-store", "version": "1.0"}, "role": "store",
                "profile": self.store.profile, "supports": self.supports,
            }
        if method == "shutdown":
            self.running = False
            return {}
        if method not in self.supports and method != "reset":
            raise RpcError(-32601, f"{method} is not served")
        if "one-spooler" in self.options.quirk and params.get("session", "").startswith("spooler-"):
            return {"hresult": self.hresult("MAPI_E_LOGON_FAILED")}
        try:
            result = getattr(self.store, method)(params)
            return {"hresult": self.hresult("S_OK"), **result}
        except Refused as refused:
            return {"hresult": self.hresult(refused.hresult)}
        except KeyError as missing:
            raise RpcError(-32602, f"{method}: no {missing}") from missing

    def hresult(self, name):
        number = NUMBERS.get(name)
        if number is None or self.options.hresult == "name":
            return name
        return number if self.options.hresult == "number" else f"0x{number:08X}"
