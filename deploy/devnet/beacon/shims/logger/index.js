// Stands for @lodestar/logger: one line a message on standard output.
const LEVELS = {error: 0, warn: 1, info: 2, verbose: 3, debug: 4, trace: 5};

const plain = (_, value) => (typeof value === "bigint" ? value.toString() : value);
const show = (value) =>
  typeof value === "object" && value ? JSON.stringify(value, plain) : String(value);
const showAll = (context) =>
  Object.entries(context ?? {})
    .map(([name, value]) => `${name}=${show(value)}`)
    .join(" ");

// A logger that prints messages up to `level`, marked with the part of the node they come from.
export function makeLogger(level = "info", module = "") {
  const logger = {
    child: (options) => makeLogger(level, options.module ?? module),
    toOpts: () => ({level, module}),
  };
  for (const [name, rank] of Object.entries(LEVELS)) {
    logger[name] = (message, context, error) => {
      if (rank > LEVELS[level]) return;
      const time = new Date().toISOString().slice(11, 23);
      const cause = error ? ` ${error.stack ?? error}` : "";
      console.log(`${time} ${name.padEnd(7)} [${module}] ${message} ${showAll(context)}${cause}`);
    };
  }
  return logger;
}
