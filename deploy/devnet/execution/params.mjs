// Lets the execution client read its blocks cheaply.
//
// As it comes, for each header and transaction that it reads it puts the parameters of all forks
// together anew, which is most of what it does where many ask it. Here what was put together is
// remembered: the same parameters, added to the same ones, give the same.
import {Common} from "@ethereumjs/common";

const put = new WeakMap();

const updateParams = Common.prototype.updateParams;
Common.prototype.updateParams = function (params) {
  const before = this._paramsCache;
  const known = put.get(before) ?? new Map();
  put.set(before, known);
  if (known.has(params)) {
    this._paramsCache = known.get(params);
  } else {
    updateParams.call(this, params);
    known.set(params, this._paramsCache);
  }
};
