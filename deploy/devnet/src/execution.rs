//! The execution client: the npm one on a chain of its own, or one that already runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::children::{Child, Children, output};
use crate::place::Site;
use crate::plan::{Engine, Fork, Plan};
use crate::{Error, bounded};

/// The chain id of the npm client's genesis, and of chains without an execution client.
pub const CHAIN_ID: u64 = 1337;
/// Where deposits go, on these chains as on mainnet.
pub const DEPOSIT_CONTRACT: &str = "0x00000000219ab540356cBB839Cbe05303d7705Fa";
/// The secret of the engine API: it guards a test chain on the loopback interface only.
const JWT_SECRET: &str = "6465766e6574206465766e6574206465766e6574206465766e6574206465766e";
/// The key of the genesis' funded account: account 0 of the well-known test mnemonic.
pub const FUNDED_KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
/// How long the client may take until it answers, and then until its first block.
const START: Duration = Duration::from_secs(60);
/// How often it is asked until then.
const LOOK: Duration = Duration::from_millis(100);

/// An execution client that answers.
#[derive(Debug)]
pub struct Execution {
    /// The process, unless it was there before.
    child: Option<Child>,
    /// Its JSON RPC.
    pub rpc_url: String,
    /// Its engine API.
    pub engine_url: String,
    /// The file with the engine API's secret.
    pub jwt: PathBuf,
    /// The hash of its block 0.
    pub genesis_hash: String,
    pub chain_id: u64,
    pub deposit_contract: String,
}

impl Execution {
    /// Starts the npm client, or asks the external one; `None` for the mock.
    pub async fn start(plan: &Plan, site: &Site) -> Result<Option<Self>, Error> {
        match &plan.engine {
            Engine::Mock => Ok(None),
            Engine::Npm => Self::npm(plan.fork, site).await.map(Some),
            Engine::External {
                engine_url,
                rpc_url,
                jwt,
            } => {
                let rpc = Rpc::new(rpc_url);
                rpc.must_begin().await?;
                let execution = Self {
                    child: None,
                    rpc_url: rpc_url.clone(),
                    engine_url: engine_url.clone(),
                    jwt: jwt.clone(),
                    genesis_hash: rpc.genesis_hash().await?,
                    chain_id: rpc.chain_id().await?,
                    deposit_contract: DEPOSIT_CONTRACT.to_owned(),
                };
                Ok(Some(execution))
            }
        }
    }

    async fn npm(fork: Fork, site: &Site) -> Result<Self, Error> {
        let Site {
            place,
            ports,
            children,
        } = site;
        let genesis = place.file("execution-genesis.json");
        let jwt = place.file("engine-api.secret");
        write_genesis(&place.execution_script("genesis.mjs"), fork, &genesis)?;
        fs::write(&jwt, JWT_SECRET).map_err(Error::file(&jwt))?;

        let mut command = Command::new("node");
        command
            .arg(place.execution_script("client.mjs"))
            .arg("--gethGenesis")
            .arg(&genesis)
            .arg("--dataDir")
            .arg(place.file("execution"))
            .args([
                "--rpc",
                "--rpcAddr",
                "127.0.0.1",
                "--rpcPort",
                &ports.rpc().to_string(),
            ])
            .args(["--rpcEngine", "--rpcEngineAddr", "127.0.0.1"])
            .args(["--rpcEnginePort", &ports.engine().to_string()])
            .arg("--jwtSecret")
            .arg(&jwt)
            .args([
                "--port",
                &ports.execution_p2p().to_string(),
                "--extIP",
                "127.0.0.1",
            ])
            .args([
                "--isSingleNode",
                "--discDns=false",
                "--discV4=false",
                "--sync",
                "none",
            ])
            .args(["--logFile", "false", "--saveReceipts", "true"])
            .current_dir(place.dir());
        let mut child = children.start("execution", command)?;
        let rpc_url = format!("http://127.0.0.1:{}", ports.rpc());
        let genesis_hash = first_answer(&rpc_url, &mut child, children).await?;
        Ok(Self {
            child: Some(child),
            rpc_url,
            engine_url: format!("http://127.0.0.1:{}", ports.engine()),
            jwt,
            genesis_hash,
            chain_id: CHAIN_ID,
            deposit_contract: DEPOSIT_CONTRACT.to_owned(),
        })
    }

    /// Waits until the client has a block after its genesis: a deposit asks it for the present.
    pub async fn first_block(&mut self, children: &Children) -> Result<(), Error> {
        let rpc = Rpc::new(&self.rpc_url);
        let patience = tokio::time::Instant::now() + START;
        while rpc.height().await? == 0 {
            self.child().map_or(Ok(()), Child::must_run)?;
            if tokio::time::Instant::now() > patience {
                return Err(Error::TooLate {
                    what: format!("the first block of the execution client at {}", rpc.url),
                    seconds: START.as_secs(),
                    logs: children.logs().to_path_buf(),
                });
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// The process, if it was started here.
    pub fn child(&mut self) -> Option<&mut Child> {
        self.child.as_mut()
    }
}

/// Writes to `file` the genesis of a chain on which a devnet of `fork` can begin. `script` is
/// `genesis.mjs`.
pub fn write_genesis(script: &Path, fork: Fork, file: &Path) -> Result<(), Error> {
    let mut make = Command::new("node");
    make.arg(script)
        .args(["--chain-id", &CHAIN_ID.to_string()])
        .args(["--fork", fork.name()]);
    let text = output("the execution genesis", &mut make)?;
    fs::write(file, text).map_err(Error::file(file))
}

async fn first_answer(url: &str, child: &mut Child, children: &Children) -> Result<String, Error> {
    let rpc = Rpc::new(url);
    let patience = tokio::time::Instant::now() + START;
    loop {
        child.must_run()?;
        match rpc.genesis_hash().await {
            Ok(hash) => return Ok(hash),
            Err(_) if tokio::time::Instant::now() < patience => {
                tokio::time::sleep(LOOK).await;
            }
            Err(_) => {
                return Err(Error::TooLate {
                    what: format!("the execution client at {url}"),
                    seconds: START.as_secs(),
                    logs: children.logs().to_path_buf(),
                });
            }
        }
    }
}

/// The JSON RPC of an execution client, as far as the devnet asks.
#[derive(Debug)]
pub(crate) struct Rpc {
    client: reqwest::Client,
    url: String,
}

impl Rpc {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            client: reqwest::Client::new(),
            url: url.to_owned(),
        }
    }

    /// The result of one question.
    pub(crate) async fn ask(&self, method: &str, params: Value) -> Result<Value, Error> {
        let wrong = |problem: String| Error::Answer {
            url: self.url.clone(),
            problem,
        };
        let question = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let sent = self.client.post(&self.url).json(&question).send().await;
        let text = bounded::text(sent.map_err(|e| wrong(e.to_string()))?).await;
        let answer = serde_json::from_str::<Value>(&text.map_err(&wrong)?);
        let mut answer = answer.map_err(|e| wrong(e.to_string()))?;
        match answer.get("error") {
            Some(error) => Err(wrong(format!("{method}: {error}"))),
            None => Ok(answer["result"].take()),
        }
    }

    async fn text(&self, method: &str, params: Value, key: Option<&str>) -> Result<String, Error> {
        let answer = self.ask(method, params).await?;
        let field = key.map_or(&answer, |key| &answer[key]);
        field
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| Error::Answer {
                url: self.url.clone(),
                problem: format!("{method} answered {answer}"),
            })
    }

    /// Refuses a client that is not at the beginning of a chain with the deposit contract: the
    /// beacon chain begins at its block 0.
    async fn must_begin(&self) -> Result<(), Error> {
        let at = self.height().await?;
        let where_deposits_go = json!([DEPOSIT_CONTRACT, "latest"]);
        let code = self.text("eth_getCode", where_deposits_go, None).await?;
        let problem = match (at, code.as_str()) {
            (0, "0x") => "has no deposit contract".to_owned(),
            (0, _) => return Ok(()),
            (at, _) => format!("is at block {at} already"),
        };
        Err(Error::Refused(format!(
            "--execution-rpc {}: the client {problem}; start it on an empty data directory and the \
             file that --execution-genesis writes",
            self.url
        )))
    }

    async fn genesis_hash(&self) -> Result<String, Error> {
        self.text("eth_getBlockByNumber", json!(["0x0", false]), Some("hash"))
            .await
    }

    /// The number of the newest block.
    pub(crate) async fn height(&self) -> Result<u64, Error> {
        self.number("eth_blockNumber").await
    }

    /// The number of the finalised block; 0 if there is none yet.
    pub(crate) async fn finalised(&self) -> Result<u64, Error> {
        let asked = json!(["finalized", false]);
        let block = self.ask("eth_getBlockByNumber", asked).await;
        let block = block.unwrap_or_default();
        let number = block["number"].as_str().unwrap_or("0x0");
        Ok(u64::from_str_radix(number.trim_start_matches("0x"), 16).unwrap_or_default())
    }

    async fn chain_id(&self) -> Result<u64, Error> {
        self.number("eth_chainId").await
    }

    async fn number(&self, method: &str) -> Result<u64, Error> {
        let text = self.text(method, json!([]), None).await?;
        u64::from_str_radix(text.trim_start_matches("0x"), 16).map_err(|_| Error::Answer {
            url: self.url.clone(),
            problem: format!("{method} answered {text}"),
        })
    }
}
