"""python3 fastapi.py FILES: runs an application in a process of its own for each file."""
import os, socket, sys

sys.path.pop(0)  # this file's folder

import uvicorn
from fastapi import FastAPI, Response

for index, path in enumerate(sys.argv[1:]):
    if os.fork():
        continue
    app = FastAPI()
    with open(path) as file:
        exec(file.read(), {"app": app})

    @app.get("/")
    def notes():
        return Response("hello", headers={"X-Total-Count": "1"})

    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{index} http://127.0.0.1:{listener.getsockname()[1]}\n")
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])
for _ in sys.argv[1:]:
    os.wait()
