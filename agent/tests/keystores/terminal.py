# Runs a command at a terminal of its own, types lines when it is asked, and prints what the terminal
# showed, then the exit code on a line of its own. "\x03" alone is Ctrl-C.
#
#   python3 terminal.py ANSWERS_AS_JSON COMMAND...

import json
import os
import pty
import sys

answers = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    # Nothing of whoever runs the tests: no home, no wallet, no ledger.
    environment = {"HOME": os.getcwd(), "NO_COLOR": "1"}
    os.execve(sys.argv[2], sys.argv[2:], environment)
shown = b""
while True:
    try:
        piece = os.read(terminal, 1024)
    except OSError:
        break
    if not piece:
        break
    shown += piece
    if answers and shown.endswith(b": "):
        answer = answers.pop(0)
        os.write(terminal, answer.encode() + (b"" if answer == "\x03" else b"\n"))
        shown += b"<typed>"
_, status = os.waitpid(child, 0)
sys.stdout.write(shown.decode().replace("\r\n", "\n"))
sys.stdout.write(f"\nexit {os.waitstatus_to_exitcode(status)}\n")
