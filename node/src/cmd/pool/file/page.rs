//! What is printed of a Safe's errand, and written beside its files.

use std::path::Path;

use node_core::pool::plan::Call;
use proto::definition::checksummed;

use super::Sheet;
use crate::cmd::pool::lines::line;

/// The calls in words.
pub(super) fn spelled(calls: &[Call]) -> Vec<String> {
    let spelled = calls.iter().map(|call| match call.data.is_empty() {
        true => call.spelled.clone(),
        false => format!(
            "{} at {} {}",
            call.spelled,
            call.contract,
            checksummed(&call.to.address)
        ),
    });
    spelled.collect()
}

pub(super) fn page(title: &str, sheet: &Sheet, [typed, builder]: [&Path; 2]) -> String {
    let (mut page, calls) = (String::new(), &sheet.written.calls);
    line(&mut page, format!("{title}:"));
    for (number, (words, call)) in (1..).zip(spelled(calls).iter().zip(calls)) {
        line(&mut page, format!("  {number}. {words}"));
        if !call.data.is_empty() {
            let data = hex::encode(&call.data);
            line(&mut page, format!("     {} ETH, data 0x{data}", call.value));
        }
    }
    if let Some(batch) = &sheet.batch {
        let at = checksummed(batch);
        line(
            &mut page,
            format!("All of it or nothing, through Safe's own MultiSendCallOnly {at}."),
        );
    }
    let nonce = sheet.transaction.nonce();
    let (threshold, owners) = sheet.signers;
    line(
        &mut page,
        format!(
            "\nThe hash, which wallets show as that of the Safe's transaction:\n  {}",
            sheet.transaction.hash()
        ),
    );
    let [domain, message] = sheet.transaction.parts();
    line(
        &mut page,
        format!("Hardware wallets show its two parts:\n  domain  {domain}\n  message {message}\n"),
    );
    line(
        &mut page,
        format!(
            "{threshold} of {owners} owners sign one and the same of these, at nonce {nonce}:\n  \
             {}\n      typed data (EIP-712), for eth_signTypedData_v4\n  {}\n      for the \
             Transaction Builder of the Safe's app, where you set nonce {nonce}\n",
            typed.display(),
            builder.display(),
        ),
    );
    line(
        &mut page,
        format!(
            "Every operator's gantry writes the same: compare the hash with the others, and sign \
             nothing that\nhas another. Once the Safe has done something else at nonce {nonce} \
             these are good for nothing:\nhave them written anew."
        ),
    );
    if let Some(all) = &sheet.written.all {
        line(
            &mut page,
            format!(
                "\nAll of it is {all} ETH now, and anybody can add a wei meanwhile: the others \
                 write the same\nwith this amount behind the command."
            ),
        );
    }
    page
}
