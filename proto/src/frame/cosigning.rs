//! The frame of the Safe that is the node account: what a peer has signed for it. Since version 9.

use super::{BadFrame, wire};
use crate::Address;
use crate::agreement::AccountSignature;

/// The longest name of a step, bytes.
pub const MAX_STEP: usize = 160;
/// The most bytes of a call.
pub const MAX_CALL: usize = 1 << 15;

/// The sender's account has signed that the Safe does this at its nonce. Nothing of it is verified.
#[derive(Clone, PartialEq, Eq)]
pub struct SafeStep {
    /// The Safe's nonce.
    pub nonce: u64,
    /// The call; none if it is to do nothing.
    pub call: Option<SafeCall>,
    /// The signature of the transaction's hash.
    pub signature: AccountSignature,
}

/// A call that the Safe is to make.
#[derive(Clone, PartialEq, Eq)]
pub struct SafeCall {
    /// The name of the step that it takes, at most [`MAX_STEP`] bytes.
    pub step: String,
    /// Whom it calls.
    pub to: Address,
    /// Wei that go with it, 32 bytes, the highest first.
    pub value: [u8; 32],
    /// Selector and arguments, at most [`MAX_CALL`] bytes.
    pub data: Vec<u8>,
}

impl std::fmt::Debug for SafeStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let step = self.call.as_ref().map(|call| &call.step);
        write!(f, "SafeStep {{ nonce: {}, step: {step:?} }}", self.nonce)
    }
}

impl SafeStep {
    pub(super) fn to_wire(&self) -> wire::SafeStep {
        let call = self.call.as_ref().map(|call| wire::SafeCall {
            step: call.step.clone(),
            to: call.to.as_bytes().to_vec(),
            value: call.value.to_vec(),
            data: call.data.clone(),
        });
        wire::SafeStep {
            nonce: self.nonce,
            call,
            signature: self.signature.0.to_vec(),
        }
    }

    pub(super) fn of_wire(step: wire::SafeStep) -> Result<Self, BadFrame> {
        let length = step.signature.len();
        let signature = step.signature.try_into();
        Ok(Self {
            nonce: step.nonce,
            call: step.call.map(SafeCall::of_wire).transpose()?,
            signature: AccountSignature(signature.map_err(|_| BadFrame::AccountSignature(length))?),
        })
    }
}

impl SafeCall {
    fn of_wire(call: wire::SafeCall) -> Result<Self, BadFrame> {
        let odd = BadFrame::SafeCall;
        let is_named = (1..=MAX_STEP).contains(&call.step.len()) && call.step.is_ascii();
        match is_named && call.data.len() <= MAX_CALL {
            true => Ok(Self {
                step: call.step,
                to: Address::try_from(call.to.as_slice()).map_err(|_| odd)?,
                value: call.value.try_into().map_err(|_| BadFrame::SafeCall)?,
                data: call.data,
            }),
            false => Err(odd),
        }
    }
}
