// Stands for the observable entry of @chainsafe/threads: there are no worker threads.
export class Observable {}
export class Subject {}
