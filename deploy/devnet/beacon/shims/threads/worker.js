// Stands for the worker entry of @chainsafe/threads: there are no worker threads.
export const expose = () => {};
export const Transfer = (value) => value;
