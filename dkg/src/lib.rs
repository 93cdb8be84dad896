//! The shared key: make it in a ceremony, sign with its shares, combine.
//!
//! | module | holds |
//! |---|---|
//! | [`bls`] | shares, partial signatures, combining, verifying; the only calls into blst |
//! | [`ceremony`] | the key ceremony as a [`proto::Machine`] |
//! | [`blame`] | evidence against a cheat, and its verification by anybody |
//! | [`shared`] | whether a lock's keys are shares of its group keys |
//! | [`seal`] | the cluster's seal keys in `threshold_crypto`'s types |
//! | `sharing` | deal shares, check them, sum them up: what the two above rest on |
//!
//! Never here: the network, a clock, a disk, randomness (a seed is an argument), and the question
//! what may be signed with a share.
//!
//! # The ceremony
//!
//! n peers with known identity keys make k validator keys and one seal key in one pass, so that any
//! t = ceil(2n/3) of them sign and no fewer can; and, if the terms ask for it, a second seal key
//! which n - t + 1 open, for pre-signed exits: who can halt the cluster may exit its validators. It
//! is joint Feldman (Pedersen 1991) with proofs of knowledge of the constant terms as in FROST
//! (Komlo and Goldberg 2020, figure 1) and n-of-n agreement on everything that was dealt. It never
//! finishes without all n; it is meant for people who set up a cluster together and can call each
//! other.
//!
//! Every message is signed by an identity key (ed25519) over its purpose, the hash of the *terms*
//! (definition hash, ordered identity keys, n, t, k, purpose) and the *attempt*. Messages travel
//! over authenticated streams between each two peers; they are signed all the same, so that they
//! can be passed on and shown to others. G is the generator of G1, i counts keys, j receivers.
//!
//! | message | sent when |
//! |---|---|
//! | OPENING | at the start |
//! | BUNDLE | all n openings are here |
//! | CONFIRM | all n bundles are here and good |
//! | ACK | all n confirms are good and my keys are durably stored |
//! | DONE | all n acks are here: the finish certificate |
//!
//! - OPENING: one-time x25519 keys, one for each dealer; which earlier attempts I acknowledged.
//! - BUNDLE: hashes of all openings; for each key t commitments A_0..A_(t-1) (n - t + 1 for exits)
//!   and a proof of knowledge (R, z) of a_0; for each receiver its shares, encrypted.
//! - CONFIRM: hashes of all bundles; for each key a partial signature of the transcript.
//! - ACK: transcript, lock hash, signature of the lock hash.
//! - DONE: transcript.
//!
//! ## What is bound to what
//!
//! - *session* = hash(terms, attempt, all openings). Polynomials, nonces and encryption keys derive
//!   from seed and session: a changed opening means other secrets throughout.
//! - *transcript* = hash(session, all bundles). CONFIRM carries the list of bundle hashes: n of n
//!   confirms with the same list are the echo broadcast (nobody was shown another bundle). Only
//!   hashes are echoed; whoever sees another hash is shown the bundle.
//! - The lock hash (made by the driver) names definition, keys and transcript. ACK signs it with
//!   the preimage of the lock file, so n acks are at once the lock's signatures.
//!
//! ## What is checked
//!
//! 1. OPENING: no key of small order; the same as before, if there was one before.
//! 2. BUNDLE, by anybody: exactly k + 1 keys of t coefficients, then that for exits; every point in
//!    the group and not infinity; z_i G = R_i + c_i A_i0 with c_i = hash(session, dealer, i, A_i0,
//!    R_i), for all keys in one batch. By receiver j: its shares decrypt, and s_i G = sum of j^l
//!    A_il, for all keys in one batch (one multi-scalar multiplication for each coefficient).
//! 3. All bundles together: no coefficient of a sum and no public key of a share is infinity, and
//!    no key of a share or a group occurs twice. A peer whose own share is at fault confirms
//!    nothing, so whoever confirms such a share has arranged it (see [`blame`]).
//! 4. CONFIRM: the list of bundles is mine; all partial signatures, one a key, verify under the
//!    share's public keys, in one batch. Then n subsets of t peers combine to the same signature,
//!    and it verifies under the group keys. The proof's message is hashed under a tag of its own,
//!    so it is no signature on any chain.
//! 5. ACK: the same transcript and lock as mine, and a valid signature of the lock.
//!
//! Batches use weights hashed from all inputs and, wherever this peer has one, a secret seed. In
//! the ceremony they have 128 bits. Those of the signatures of one slot
//! ([`bls::verify_same_message`]) have 64: such a batch is tried once, and all that a false one
//! brings is a vote that the chain refuses.
//!
//! ## How shares travel
//!
//! The key for dealer d's shares to receiver j is HKDF(x25519(one-time key of d for j, one-time key
//! of j for d), session, d, j), used for one ChaCha20-Poly1305 message that is part of the signed
//! bundle. A receiver whose shares do not decrypt or do not fit reveals its one-time secret for
//! that dealer (COMPLAINT): everybody can then decrypt exactly these shares and see whether the
//! dealer or the complainer is wrong. The attempt is dead by then, and the shares with it.
//!
//! ## What is proven to outsiders, and what is not
//!
//! Every rule in [`blame::Rule`] leaves signed statements that convict one peer before anybody who
//! knows the terms. A machine that follows the protocol cannot be convicted, also after crashes:
//! openings depend on seed and attempt only, bundles on seed and session only, a CONFIRM is never
//! held against another CONFIRM, and what a peer acknowledged or opened is durable before it says
//! so. Bundles whose sums make no keys convict nobody by themselves: the receivers of shares that
//! do not fit will complain. Silence, and pointing to an opening or bundle without showing it,
//! cannot be proven; [`ceremony::Progress`] names whom each step waits for.
//!
//! ## Crashes and new attempts
//!
//! The seed and the [`ceremony::Position`] (attempts, acknowledgements) are all that must survive.
//! A restarted peer makes the same messages again and is sent the rest on reconnecting. It never
//! acknowledges two transcripts of one attempt. A peer whose seed did not survive first hears from
//! every other what it has said ([`ceremony::Recollection`]), and then says nothing in an attempt
//! in which it has said something. So each keeps what others acknowledged, and the openings that
//! this rests on, also over its own restart ([`ceremony::Heard`]); where somebody contradicts that
//! ([`ceremony::Contradiction`]), nothing of it is used and nobody is convicted.
//!
//! Anybody who has not acknowledged the current attempt may open a later one; the others follow.
//! A machine opens one only after it has seen the current one fail, and its operator wants it.
//! OPENING(b) is the signed promise never to acknowledge an earlier attempt but those it names. A
//! peer that *has* acknowledged attempt a leaves it only for an opening that denies a: if that is
//! true, no certificate for a can ever be complete. If it is a lie, opening and ACK(a) convict the
//! liar before everybody, and whoever sees all acknowledgements of a returns to it: who has
//! acknowledged never deletes its shares. Whoever holds a certificate completes the others.
//!
//! So without a liar at most one attempt ever finishes. One liar can bring about two certificates
//! of different attempts, and show the one to some and the other to others before they tell each
//! other; each then finishes with what it saw first, and an honest peer with no second one. So
//! **the driver gives no signature of a deposit away before all n peers have shown that they hold
//! the same lock**: while honest peers hold different ones, no stake can come under either.
//!
//! ## Security notes
//!
//! - Without the proofs of knowledge a dealer with accomplices (fewer than t honest receivers check
//!   its shares) could choose A_0 to cancel the others': a rogue key. With them every dealer knows
//!   its constant term.
//! - The last dealer sees the others' commitments and may try constants until the key has a
//!   property it likes (Gennaro, Jarecki, Krawczyk and Rabin 1999). That bias is harmless for the
//!   unforgeability of BLS; it is why keys are never used as random numbers.
//! - It also knows every other term of its own shares and can choose what these sum up to. All it
//!   can gain is a share that is zero or occurs twice, which no lock could hold: check 3.
//! - One honest peer's randomness makes every key and every polynomial uniform apart from that.
//! - The seed is as secret as the shares: it and the bundles give every share this peer dealt. Wipe
//!   it when the ceremony is closed.
//! - Two processes with one seed and one identity say the same things. Two seeds for one identity
//!   in one attempt look like a cheat, and that is what other peers will call it.
//! - The seal keys are dealt like the others, in blst; `threshold_crypto`, whose arithmetic
//!   is not constant time, sees only the finished shares.
//!
//! ## Bounds
//!
//! k <= [`proto::ceremony::MAX_VALIDATORS`], attempts <= [`proto::ceremony::MAX_ATTEMPT`], no frame
//! longer than [`ceremony::max_frame`] (n = 4, k = 1,000: 0.65 MB; a bundle is 0.32 MB). A peer
//! keeps at most one statement of each kind and peer. Each call checks at most one bundle, except
//! that of a conviction for a bad proof, which checks all n again.

#![warn(missing_docs)]

pub mod blame;
pub mod bls;
pub mod ceremony;
pub mod seal;
pub mod shared;
mod sharing;
