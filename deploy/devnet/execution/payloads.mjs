// Lets the execution client build each block once, whoever asks for it.
//
// As it comes, two that ask for one payload at a time have it built twice, in one state: its
// withdrawals are paid twice there, and as the block counts as executed, nobody sees that it is
// none of its state's. Who asks again later is not told of the deposits in it. Here payloads are
// begun and built one after the other, and all are given what was built first.
import {bytesToHex} from "@ethereumjs/util";
import {PendingBlock} from "@ethereumjs/client/dist/esm/src/miner/pendingBlock.js";

let turn = Promise.resolve();

function inTurn(work) {
  const done = turn.then(work);
  // The next one has its turn whatever became of this one.
  turn = done.catch(() => {});
  return done;
}

const {start, build} = PendingBlock.prototype;
const built = new WeakMap();

PendingBlock.prototype.start = function (...asked) {
  return inTurn(() => start.apply(this, asked));
};

PendingBlock.prototype.build = function (payloadId) {
  return inTurn(async () => {
    const id = typeof payloadId === "string" ? payloadId : bytesToHex(payloadId);
    const builder = this.pendingPayloads.get(id);
    if (builder === undefined) return undefined;
    if (!built.has(builder)) built.set(builder, await build.call(this, id));
    return built.get(builder);
  });
};
