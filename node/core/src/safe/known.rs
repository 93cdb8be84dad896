//! Safe's own contracts of the versions 1.3.0, 1.4.1 and 1.5.0: where they are, and the hash of
//! their code.
//!
//! They are at the same addresses on every chain, each of which follows from what was put there: at
//! such an address there was never anything else. (Of other addresses nobody can say that. Before
//! EIP-6780 a contract could be taken away and another one put in its place.) The code is compared
//! all the same: a chain may have nothing there, or have been begun with something else.
//!
//! Source: `@safe-global/safe-deployments` (addresses `canonical` and `eip155`, code hashes), which
//! agree with the code in the packages `@gnosis.pm/safe-contracts` 1.3.0,
//! `@safe-global/safe-contracts` 1.4.1 and `@safe-global/safe-smart-account` 1.5.0; from these the
//! code of the proxies.

use alloy_primitives::{Address as Theirs, B256, address, b256};
use proto::{Address, Root};

/// What a contract of Safe's is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The code of a Safe, and that which tells of each execution in an event besides (L2).
    Singleton,
    /// What makes a proxy, which stands at a Safe's address and runs the code of its singleton.
    Factory,
    /// What answers calls that the singleton does not know.
    Handler,
    /// Gives a Safe that is being made the L2 singleton where the chain is not mainnet.
    Setup,
    /// `MultiSendCallOnly`: has a Safe make several plain calls at once, and nothing else.
    Batch,
}

impl Part {
    /// What it is called in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Singleton => "a singleton",
            Self::Factory => "a factory",
            Self::Handler => "a fallback handler",
            Self::Setup => "a setup",
            Self::Batch => "a batch of calls",
        }
    }
}

/// The code of proxies, by the version of their factory.
const PROXIES: [(&str, B256); 3] = [
    (
        "1.3.0",
        b256!("b89c1b3bdf2cf8827818646bce9a8f6e372885f8c55e5c07acbd307cb133b000"),
    ),
    (
        "1.4.1",
        b256!("d7d408ebcd99b2b70be43e20253d6d92a8ea8fab29bd3be7f55b10032331fb4c"),
    ),
    (
        "1.5.0",
        b256!("4e381985ca68b3e5d27b4425fa581c19cf33146d3f887a3cfca96f55528ea46f"),
    ),
];

/// One contract: what it is, its version, where it is, and the Keccak-256 of its code.
type Contract = (Part, &'static str, &'static [Theirs], B256);

const KNOWN: [Contract; 17] = [
    (
        Part::Singleton,
        "1.3.0",
        &[
            address!("d9Db270c1B5E3Bd161E8c8503c55cEABeE709552"),
            address!("69f4D1788e39c87893C980c06EdF4b7f686e2938"),
        ],
        b256!("bba688fbdb21ad2bb58bc320638b43d94e7d100f6f3ebaab0a4e4de6304b1c2e"),
    ),
    (
        Part::Singleton,
        "1.3.0 (L2)",
        &[
            address!("3E5c63644E683549055b9Be8653de26E0B4CD36E"),
            address!("fb1bffC9d739B8D520DaF37dF666da4C687191EA"),
        ],
        b256!("21842597390c4c6e3c1239e434a682b054bd9548eee5e9b1d6a4482731023c0f"),
    ),
    (
        Part::Singleton,
        "1.4.1",
        &[address!("41675C099F32341bf84BFc5382aF534df5C7461a")],
        b256!("1fe2df852ba3299d6534ef416eefa406e56ced995bca886ab7a553e6d0c5e1c4"),
    ),
    (
        Part::Singleton,
        "1.4.1 (L2)",
        &[address!("29fcB43b46531BcA003ddC8FCB67FFE91900C762")],
        b256!("b1f926978a0f44a2c0ec8fe822418ae969bd8c3f18d61e5103100339894f81ff"),
    ),
    (
        Part::Singleton,
        "1.5.0",
        &[address!("Ff51A5898e281Db6DfC7855790607438dF2ca44b")],
        b256!("dda019cbd7c867a533a2a86e5c53434fdc50b13122b5a5ddb4a8df61b31c20f2"),
    ),
    (
        Part::Singleton,
        "1.5.0 (L2)",
        &[address!("Edd160fEBBD92E350D4D398fb636302fccd67C7e")],
        b256!("180193227186ccb85316c94db1f0d156ed932b14712cfaac78901899178572dc"),
    ),
    (
        Part::Factory,
        "1.3.0",
        &[
            address!("a6B71E26C5e0845f74c812102Ca7114b6a896AB2"),
            address!("C22834581EbC8527d974F8a1c97E1bEA4EF910BC"),
        ],
        b256!("337d7f54be11b6ed55fef7b667ea5488db53db8320a05d1146aa4bd169a39a9b"),
    ),
    (
        Part::Factory,
        "1.4.1",
        &[address!("4e1DCf7AD4e460CfD30791CCC4F9c8a4f820ec67")],
        b256!("50c3cdc4074750a7a974204a716c999edd37482f907608d960b2b025ee0b3317"),
    ),
    (
        Part::Factory,
        "1.5.0",
        &[address!("14F2982D601c9458F93bd70B218933A6f8165e7b")],
        b256!("967dae4cda22b0c9ef7f31b010bdc1ceb0af9904b0c3dc060b5302e4c18a4529"),
    ),
    (
        Part::Handler,
        "1.3.0",
        &[
            address!("f48f2B2d2a534e402487b3ee7C18c33Aec0Fe5e4"),
            address!("017062a1dE2FE6b99BE3d9d37841FeD19F573804"),
        ],
        b256!("03e69f7ce809e81687c69b19a7d7cca45b6d551ffdec73d9bb87178476de1abf"),
    ),
    (
        Part::Handler,
        "1.4.1",
        &[address!("fd0732Dc9E303f09fCEf3a7388Ad10A83459Ec99")],
        b256!("7c6007a5d711cea8dfd5d91f5940ec29c7f200fe511eb1fc1397b367af3c42f9"),
    ),
    (
        Part::Handler,
        "1.5.0",
        &[address!("3EfCBb83A4A7AfcB4F68D501E2c2203a38be77f4")],
        b256!("3c6a85bcf7b563daa624b884b4e9a1b9fa5371edde7be945d998071a48f28bbc"),
    ),
    (
        Part::Setup,
        "1.4.1",
        &[address!("BD89A1CE4DDe368FFAB0eC35506eEcE0b1fFdc54")],
        b256!("2f25df28caf984366ee584e13241707e85dcd5a6ea0c14267928dafc1fd6274b"),
    ),
    (
        Part::Setup,
        "1.5.0",
        &[address!("900C7589200010D6C6eCaaE5B06EBe653bc2D82a")],
        b256!("f6034d841bcbff8912aa55526b0f1609212536aaf60bb16f5e8a269a4ab38f18"),
    ),
    (
        Part::Batch,
        "1.3.0",
        &[
            address!("40A2aCCbd92BCA938b02010E17A5b8929b49130D"),
            address!("A1dabEF33b3B82c7814B6D82A79e50F4AC44102B"),
        ],
        b256!("a9865ac2d9c7a1591619b188c4d88167b50df6cc0c5327fcbd1c8c75f7c066ad"),
    ),
    (
        Part::Batch,
        "1.4.1",
        &[address!("9641d764fc13c8B624c04430C7356C1C7C8102e2")],
        b256!("ecd5bd14a08c5d2122379900b2f272bdf107a7e92423c10dd5fe3254386c9939"),
    ),
    (
        Part::Batch,
        "1.5.0",
        &[address!("A83c336B20401Af773B6219BA5027174338D1836")],
        b256!("cdbdcec38d2f1c7d961b0029ff8416b7e86e9974d6f0e9c9580c7d17fcfb6663"),
    ),
];

/// The version of the proxy that has code with this hash, if Safe's factories make it.
pub fn proxy(code: &Root) -> Option<&'static str> {
    let found = PROXIES.iter().find(|(_, hash)| hash.0 == *code.as_bytes());
    found.map(|(version, _)| *version)
}

/// The version of this part that is at this address and has code with this hash, if it is Safe's.
pub fn version(part: Part, at: &Address, code: &Root) -> Option<&'static str> {
    let is_it = |(of, _, places, hash): &&Contract| {
        let is_there = places.iter().any(|place| place.0 == *at.as_bytes());
        *of == part && is_there && hash.0 == *code.as_bytes()
    };
    KNOWN.iter().find(is_it).map(|(_, version, ..)| *version)
}

/// Where the contract may be through which a Safe that runs this version of the singleton makes
/// several calls at once; its code has to be looked at, by [`version`].
pub fn batches(singleton: &str) -> Vec<Address> {
    let plain = singleton.trim_end_matches(" (L2)");
    let is_it = |(of, version, ..): &&Contract| *of == Part::Batch && *version == plain;
    let places = KNOWN
        .iter()
        .filter(is_it)
        .flat_map(|(_, _, places, _)| *places);
    places.map(|place| place.into_array().into()).collect()
}

/// Where this version of a part is, and the hash of its code, for tests.
#[cfg(test)]
pub fn of(part: Part, version: &str) -> Option<(Address, Root)> {
    let is_it = |(of, name, ..): &&Contract| *of == part && *name == version;
    let found = KNOWN.iter().find(is_it);
    found.map(|(_, _, places, hash)| (places[0].into_array().into(), hash.0.into()))
}
