"""A server of access tokens: Dovecot asks it whether a token is good (RFC 7662)."""

import http.server
import json
import threading
import urllib.parse

# Introspection; its answer names the user whose token it is.
DOVECOT = """
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {file}
}}
"""
OAUTH2 = """
introspection_mode = post
introspection_url = {url}
active_attribute = active
active_value = true
username_attribute = username
tokeninfo_url =
timeout_msecs = 5000
"""


class Tokens:
    """good: user by token.  asked: the tokens that Dovecot has seen, in order."""

    def __init__(self):
        self.good, self.asked = {}, []
        tokens = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                token = urllib.parse.parse_qs(text).get("token", [""])[0]
                tokens.asked.append(token)
                user = tokens.good.get(token)
                body = json.dumps({"active": True, "username": user} if user else {"active": False}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *a):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/introspect"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def configuration(self, file):
        """Writes Dovecot's half into the file; the lines for its main file."""
        file.write_text(OAUTH2.format(url=self.url))
        return DOVECOT.format(file=file)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
