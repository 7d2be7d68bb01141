// Start fauxqs on the loopback interface without a line of log per request.
// Arguments: its module, the port, and for its SQLite mode the folder of the data.
import net from "node:net";
import { pathToFileURL } from "node:url";

const [module, port, dataDir] = process.argv.slice(2);
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (options, ...rest) {
  return listen.call(this, { ...options, host: "127.0.0.1" }, ...rest);
};
const { startFauxqs } = await import(pathToFileURL(module).href);
await startFauxqs({ port: Number(port), logger: false, ...(dataDir ? { dataDir } : {}) });
