//! What a command asks about intents at Rocket Pool, and how they stand, as the peer sees it.

use super::BadMessage;
use super::codec::wire;
use crate::agreement::Tickets;
use crate::intent::{Aims, Intent, IntentId, MAX_EXITS, StandsOn};
use crate::{ClusterSize, PublicKey, Root};

/// What a command asks about intents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntentRequest {
    /// How they stand: [`Answer::Intents`](super::Answer::Intents).
    Show,
    /// The operator proposes an intent, and signs it: the same once that is durable.
    Propose {
        /// What held when it was shown: the hash of the intent in force, or of the version of the
        /// agreement while there is none.
        on: Root,
        /// What the node is to do.
        aims: Aims,
    },
    /// The operator signs the open intent with this hash: the same once that is durable.
    Approve(Root),
}

/// How intents stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intents {
    /// The number of the version of the agreement that is in force.
    pub version: u64,
    /// Its hash.
    pub agreement: Root,
    /// What it wishes for.
    pub agreed: Aims,
    /// The intent in force, and since when, Unix seconds, if this peer has seen that.
    pub in_force: Option<(Shown, Option<u64>)>,
    /// Those that fewer than t have signed.
    pub open: Vec<Shown>,
    /// What this operator has signed last on this version.
    pub signed: Option<IntentId>,
    /// By what other peers act that have said it, by their positions in the definition.
    pub stands: Vec<(u32, StandsOn)>,
    /// Positions of operators that are connected and whose programs do not know intents.
    pub too_old: Vec<u32>,
}

impl Intents {
    /// What the node is to do.
    pub fn aims(&self) -> &Aims {
        let in_force = self.in_force.as_ref();
        in_force.map_or(&self.agreed, |(shown, _)| &shown.intent.aims)
    }

    /// The hash of what holds.
    pub fn holds(&self) -> Root {
        let in_force = self.in_force.as_ref();
        in_force.map_or(self.agreement, |(shown, _)| shown.intent.hash())
    }
}

/// An intent, and who has signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What is signed.
    pub intent: Intent,
    /// The operators' positions in the definition.
    pub signers: Vec<u32>,
}

fn root(bytes: &[u8]) -> Result<Root, BadMessage> {
    Root::try_from(bytes).map_err(|_| BadMessage::HashLength(bytes.len()))
}

/// At most one of each operator.
fn few<T>(list: Vec<T>, most: usize) -> Result<Vec<T>, BadMessage> {
    match list.len() > most {
        true => Err(BadMessage::TooMany(list.len())),
        false => Ok(list),
    }
}

impl IntentRequest {
    pub(super) fn to_wire(&self) -> wire::request::Body {
        use wire::request::Body;
        match self {
            Self::Show => Body::ShowIntents(wire::ShowIntents {}),
            Self::Propose { on, aims } => Body::ProposeIntent(wire::ProposeIntent {
                on: on.as_bytes().to_vec(),
                aims: Some(to_wire(aims)),
            }),
            Self::Approve(hash) => Body::ApproveIntent(hash.as_bytes().to_vec()),
        }
    }

    pub(super) fn of_proposal(proposal: wire::ProposeIntent) -> Result<Self, BadMessage> {
        let aims = proposal.aims.ok_or(BadMessage::Absent("aims"))?;
        Ok(Self::Propose {
            on: root(&proposal.on)?,
            aims: of_wire(aims)?,
        })
    }

    pub(super) fn of_approval(hash: &[u8]) -> Result<Self, BadMessage> {
        root(hash).map(Self::Approve)
    }
}

fn to_wire(aims: &Aims) -> wire::Aims {
    wire::Aims {
        validators: aims.validators,
        saves_tickets: match aims.tickets {
            Tickets::Use => false,
            Tickets::Save => true,
        },
        smoothing_pool: aims.smoothing_pool,
        claims: aims.claims,
        exits: aims.exits.iter().map(|it| it.as_bytes().to_vec()).collect(),
    }
}

fn of_wire(aims: wire::Aims) -> Result<Aims, BadMessage> {
    let exits = few(aims.exits, MAX_EXITS)?.into_iter().map(|key| {
        let key = PublicKey::try_from(key.as_slice());
        key.map_err(|_| BadMessage::Absent("key of 48 bytes"))
    });
    Ok(Aims {
        validators: aims.validators,
        tickets: match aims.saves_tickets {
            false => Tickets::Use,
            true => Tickets::Save,
        },
        smoothing_pool: aims.smoothing_pool,
        claims: aims.claims,
        exits: exits.collect::<Result<_, _>>()?,
    })
}

fn id_to_wire(id: &IntentId) -> wire::IntentId {
    wire::IntentId {
        number: id.number,
        hash: id.hash.as_bytes().to_vec(),
    }
}

fn id_of_wire(id: &wire::IntentId) -> Result<IntentId, BadMessage> {
    Ok(IntentId {
        number: id.number,
        hash: root(&id.hash)?,
    })
}

impl Shown {
    fn to_wire(&self) -> wire::ShownIntent {
        wire::ShownIntent {
            intent: self.intent.encode(),
            signers: self.signers.clone(),
        }
    }

    fn of_wire(shown: wire::ShownIntent) -> Result<Self, BadMessage> {
        Ok(Self {
            intent: Intent::decode(&shown.intent)?,
            signers: few(shown.signers, ClusterSize::MAX)?,
        })
    }
}

impl Intents {
    pub(super) fn to_wire(&self) -> wire::Intents {
        let stands = self.stands.iter().map(|(operator, stands)| wire::Stands {
            operator: *operator,
            agreement: stands.agreement.as_bytes().to_vec(),
            intent: stands.intent.as_ref().map(id_to_wire),
        });
        let in_force = self.in_force.as_ref();
        wire::Intents {
            version: self.version,
            agreement: self.agreement.as_bytes().to_vec(),
            agreed: Some(to_wire(&self.agreed)),
            in_force: in_force.map(|(shown, _)| shown.to_wire()),
            since: in_force.and_then(|(_, since)| *since),
            open: self.open.iter().map(Shown::to_wire).collect(),
            signed: self.signed.as_ref().map(id_to_wire),
            stands: stands.collect(),
            too_old: self.too_old.clone(),
        }
    }

    pub(super) fn of_wire(intents: wire::Intents) -> Result<Self, BadMessage> {
        let open = few(intents.open, ClusterSize::MAX)?.into_iter();
        let in_force = intents.in_force.map(Shown::of_wire).transpose()?;
        let stands = few(intents.stands, ClusterSize::MAX)?.into_iter();
        let stands = stands.map(|it| {
            let stands = StandsOn {
                agreement: root(&it.agreement)?,
                intent: it.intent.as_ref().map(id_of_wire).transpose()?,
            };
            Ok((it.operator, stands))
        });
        Ok(Self {
            version: intents.version,
            agreement: root(&intents.agreement)?,
            agreed: of_wire(intents.agreed.ok_or(BadMessage::Absent("aims"))?)?,
            in_force: in_force.map(|shown| (shown, intents.since)),
            open: open.map(Shown::of_wire).collect::<Result<_, _>>()?,
            signed: intents.signed.as_ref().map(id_of_wire).transpose()?,
            stands: stands.collect::<Result<_, BadMessage>>()?,
            too_old: few(intents.too_old, ClusterSize::MAX)?,
        })
    }
}
