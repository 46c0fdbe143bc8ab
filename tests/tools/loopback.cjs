// Preload for peers that listen on every address and offer no setting for it:
//   node --require tests/tools/loopback.cjs PEER ...
// A server that names no host listens on 127.0.0.1 only.
const net = require("node:net");

const listen = net.Server.prototype.listen;

net.Server.prototype.listen = function (port, host, ...rest) {
  if (typeof port !== "number") return listen.call(this, port, host, ...rest);
  if (typeof host === "function") return listen.call(this, port, "127.0.0.1", host, ...rest);
  return listen.call(this, port, host ?? "127.0.0.1", ...rest);
};
