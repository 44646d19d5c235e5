"""python3 flask.py FILES: runs an application in a process of its own for each file."""
import os, sys
from wsgiref.simple_server import make_server

from flask import Flask, Response

for index, path in enumerate(sys.argv[1:]):
    if os.fork():
        continue
    app = Flask(__name__, static_folder=None)
    with open(path) as file:
        exec(file.read(), {"app": app})
    app.add_url_rule("/", view_func=lambda: Response("hello", headers={"X-Total-Count": "1"}), endpoint="notes")
    server = make_server("127.0.0.1", 0, app)
    sys.stdout.write(f"{index} http://127.0.0.1:{server.server_port}\n")
    server.serve_forever()
for _ in sys.argv[1:]:
    os.wait()
