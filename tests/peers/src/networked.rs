//! The lock for turmoil: a server and clients that speak lines of text over simulated TCP, in plain tokio. Delays of
//! messages, the beginnings of the clients, and the time for which the link of one replica is held are drawn from the
//! seed.
use crate::store::{Form, Lease, Replica, Store};
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use turmoil::{
    Builder,
    net::{TcpListener, TcpStream},
};

const PORT: u16 = 80;
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(40);

/// One run; gives the number of requests.
///
/// # Panics
/// If the simulated network fails.
pub fn run(form: Form, seed: u64) -> usize {
    let store = Arc::new(Mutex::new(Store::default()));
    let mut sim = Builder::new()
        .rng_seed(seed)
        .min_message_latency(SHORTEST)
        .max_message_latency(LONGEST)
        .simulation_duration(Duration::from_secs(60))
        .build();
    let served = Arc::clone(&store);
    sim.host("api", move || serve(Arc::clone(&served)));
    let mut numbers = fastrand::Rng::with_seed(seed);
    let mut draw = |most: u64| Duration::from_millis(numbers.u64(0..most));
    for me in 0..2 {
        let wait = draw(300);
        sim.client(format!("replica-{me}"), async move {
            tokio::time::sleep(wait).await;
            Ok(handle(me, form).await?)
        });
    }
    let wait = draw(300);
    sim.client("clock", async move {
        tokio::time::sleep(wait).await;
        Api::connect().await?.call("expire").await?;
        Ok(())
    });
    let held_from = draw(300);
    let held_until = held_from + draw(500);
    let (mut held, mut released) = (false, false);
    loop {
        let now = sim.elapsed();
        if now >= held_from && !held {
            held = true;
            sim.hold("replica-0", "api");
        }
        if now >= held_until && !released {
            released = true;
            sim.release("replica-0", "api");
        }
        if sim.step().expect("the network works") {
            break;
        }
    }
    store.lock().unwrap_or_else(PoisonError::into_inner).requests()
}

async fn serve(store: Arc<Mutex<Store>>) -> turmoil::Result {
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            while stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
                let answer = answer(&mut store.lock().unwrap_or_else(PoisonError::into_inner), line.trim());
                if stream.write_all(format!("{answer}\n").as_bytes()).await.is_err() {
                    break;
                }
                line.clear();
            }
        });
    }
}

/// The answer to a line: numbers.
fn answer(store: &mut Store, line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<u32>().ok()).unwrap_or_default();
    let done = match words[0] {
        "lease" => {
            let read =
                store.lease().map(|lease| format!("{} {} {}", lease.holder, lease.version, u8::from(lease.expired)));
            return read.unwrap_or_default();
        }
        "create-lease" => store.create_lease(number(1) as u8),
        "take-lease" => store.take_lease(number(1) as u8, number(2)),
        "has-request" => store.has_request(),
        "create-request" => store.create_request(number(1) as u8),
        "delete-lease" => {
            store.delete_lease();
            true
        }
        _ => {
            store.expire();
            true
        }
    };
    u8::from(done).to_string()
}

/// A connection to the server.
struct Api(BufReader<TcpStream>);

impl Api {
    async fn connect() -> io::Result<Self> {
        Ok(Self(BufReader::new(TcpStream::connect(("api", PORT)).await?)))
    }

    async fn call(&mut self, line: &str) -> io::Result<String> {
        self.0.write_all(format!("{line}\n").as_bytes()).await?;
        let mut answer = String::new();
        self.0.read_line(&mut answer).await?;
        Ok(answer.trim().to_owned())
    }

    async fn done(&mut self, line: &str) -> io::Result<bool> {
        Ok(self.call(line).await? == "1")
    }

    async fn lease(&mut self) -> io::Result<Option<Lease>> {
        let answer = self.call("lease").await?;
        let numbers: Vec<u32> = answer.split(' ').filter_map(|word| word.parse().ok()).collect();
        let [holder, version, expired] = numbers[..] else { return Ok(None) };
        Ok(Some(Lease { holder: holder as u8, version, expired: expired == 1 }))
    }
}

async fn handle(me: Replica, form: Form) -> io::Result<()> {
    let mut api = Api::connect().await?;
    let acquired = match api.lease().await? {
        None => api.done(&format!("create-lease {me}")).await?,
        Some(lease) if lease.expired => api.done(&format!("take-lease {me} {}", lease.version)).await?,
        Some(_) => false,
    };
    if !acquired {
        return Ok(());
    }
    if !api.done("has-request").await? {
        api.done(&format!("create-request {}", form.name(me))).await?;
    }
    if api.lease().await?.is_some_and(|lease| lease.holder == me) {
        api.done("delete-lease").await?;
    }
    Ok(())
}
