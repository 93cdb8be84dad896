// Stands for @chainsafe/threads: signatures are verified on the main thread.
export class Worker {}
export class ModuleThread {}
export class Thread {
  static terminate() {}
}

export const spawn = () => {
  throw new Error("the devnet node starts no worker threads");
};
