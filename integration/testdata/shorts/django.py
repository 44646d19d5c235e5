"""python3 django.py FILES: runs an application in a process of its own for each file."""
import os, sys
from wsgiref.simple_server import make_server

sys.path.pop(0)  # this file's folder

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path as url

urlpatterns = [url("", lambda request: HttpResponse("hello", headers={"X-Total-Count": "1"}))]

for index, path in enumerate(sys.argv[1:]):
    if os.fork():
        continue
    names = {}
    with open(path) as file:
        exec(file.read(), names)
    settings.configure(
        SECRET_KEY="x", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, INSTALLED_APPS=["corsheaders"],
        MIDDLEWARE=["corsheaders.middleware.CorsMiddleware", "django.middleware.common.CommonMiddleware"],
        **{name: value for name, value in names.items() if name.isupper()},
    )
    django.setup()
    from django.core.checks import run_checks
    if run_checks():
        sys.exit(f"{path}: {run_checks()}")
    server = make_server("127.0.0.1", 0, get_wsgi_application())
    sys.stdout.write(f"{index} http://127.0.0.1:{server.server_port}\n")
    server.serve_forever()
for _ in sys.argv[1:]:
    os.wait()
