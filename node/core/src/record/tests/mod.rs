//! Promises of the record: nothing released is lost, nothing damaged is believed.

mod crashes;
mod damage;
