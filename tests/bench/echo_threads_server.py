"""The echo server of the articles: a thread for each connection."""

import socket
import threading


def echo(connection):
    with connection:
        while message := connection.recv(4096):
            connection.sendall(message)


server = socket.create_server(("127.0.0.1", 0), backlog=4096)
print(server.getsockname()[1], flush=True)
while True:
    accepted, _ = server.accept()
    threading.Thread(target=echo, args=(accepted,), daemon=True).start()
