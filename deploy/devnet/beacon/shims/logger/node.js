// Stands for the node entry of @lodestar/logger.
import {makeLogger} from "./index.js";

export const getNodeLogger = (options) =>
  makeLogger(options?.level ?? "info", options?.module ?? "");
