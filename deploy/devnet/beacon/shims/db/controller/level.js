// Stands for the LevelDB entry of @lodestar/db: the same database in memory.
export {LevelDbController} from "../index.js";
