// Prints the genesis validators root of a chain that `node.mjs` with the same flags would start,
// so that a cluster definition can name it before the chain exists.
import {createChainForkConfig} from "@lodestar/config";
import {toHex} from "@lodestar/utils";
import {chainConfig} from "./chain-config.mjs";
import {readFlags} from "./flags.mjs";
import {genesisState} from "./genesis.mjs";

const flags = readFlags();
const state = genesisState(createChainForkConfig(await chainConfig(flags)), flags);
console.log(toHex(state.genesisValidatorsRoot));
