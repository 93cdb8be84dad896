// Lets the execution client answer `eth_call` without becoming slow for the chain.
//
// The package makes a new machine for every call, with all its tables, which costs more than most
// calls: a look at all of Rocket Pool is two hundred, and blocks came late meanwhile. Here one
// block has one machine, its calls come one after the other and leave nothing behind, and what was
// answered once of a block is remembered: several peers ask the same client the same.
import {
  TypeOutput,
  bytesToHex,
  createAddressFromString,
  hexToBytes,
  toType,
} from "@ethereumjs/util";
import {getBlockByOption} from "@ethereumjs/client/dist/esm/src/rpc/helpers.js";
import {Eth} from "@ethereumjs/client/dist/esm/src/rpc/modules/eth.js";

// So many blocks have a machine, and so many answers are remembered.
const MOST_MACHINES = 4;
const MOST_ANSWERS = 20_000;

const machines = new Map();
const answers = new Map();

// Adds to what is kept in the order in which it came, and lets the oldest go.
function keep(map, most, key, value) {
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value);
}

async function machineOf(vm, block) {
  const copy = await vm.shallowCopy();
  await copy.stateManager.setStateRoot(block.header.stateRoot);
  return copy.evm;
}

async function run(evm, block, {from, to, gas, gasPrice, value, data, input}) {
  const bytes = data ?? input;
  await evm.journal.checkpoint();
  try {
    const {execResult} = await evm.runCall({
      caller: from && createAddressFromString(from),
      to: to && createAddressFromString(to),
      gasLimit: toType(gas, TypeOutput.BigInt),
      gasPrice: toType(gasPrice, TypeOutput.BigInt),
      value: toType(value, TypeOutput.BigInt),
      data: bytes && hexToBytes(bytes),
      block,
    });
    return execResult;
  } finally {
    await evm.journal.revert();
  }
}

Eth.prototype.call = async function ([transaction, at]) {
  const block = await getBlockByOption(at, this._chain);
  const of = bytesToHex(block.hash());
  const question = of + JSON.stringify(transaction);
  if (!answers.has(question)) {
    const earlier = machines.get(of) ?? machineOf(this._vm, block);
    const answer = earlier.then((evm) => run(evm, block, transaction));
    // The next one has its turn whatever became of this one.
    const next = earlier.then((evm) => answer.then(() => evm, () => evm));
    keep(machines, MOST_MACHINES, of, next);
    keep(answers, MOST_ANSWERS, question, answer);
  }
  const {exceptionError, returnValue} = await answers.get(question);
  if (exceptionError === undefined) return bytesToHex(returnValue);
  throw {code: 3, data: bytesToHex(returnValue), message: exceptionError.error};
};
