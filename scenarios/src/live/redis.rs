//! A real redis-server, as far as the baseline `redis-setnx` needs it: two commands in the protocol that Redis speaks,
//! each on a connection of its own.
use crate::baselines::redis::{Command, KeyStore, NoPrimary};
use futures::future::BoxFuture;
use std::io;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// A redis-server.
#[derive(Debug, Clone)]
pub struct RealRedis {
    address: String,
}

impl RealRedis {
    /// The server at this address.
    pub fn at(address: String) -> Self {
        Self { address }
    }

    /// First line of the answer to a command.
    ///
    /// # Errors
    /// If there is no connection, or it breaks.
    pub async fn line(&self, words: &[&str]) -> io::Result<String> {
        let mut stream = BufReader::new(TcpStream::connect(&self.address).await?);
        let mut request = format!("*{}\r\n", words.len());
        words.iter().for_each(|word| request.push_str(&format!("${}\r\n{word}\r\n", word.len())));
        stream.write_all(request.as_bytes()).await?;
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        Ok(line.trim_end().to_owned())
    }
}

impl KeyStore for RealRedis {
    fn call(&self, command: Command) -> BoxFuture<'static, Result<bool, NoPrimary>> {
        let redis = self.clone();
        Box::pin(async move {
            let answer = match &command {
                Command::SetIfAbsent { key, ttl } => {
                    redis.line(&["SET", key, "locked", "NX", "PX", &ttl.as_millis().to_string()]).await
                }
                Command::Delete { key } => redis.line(&["DEL", key]).await,
            };
            match answer.map_err(|_| NoPrimary)?.as_str() {
                "+OK" | ":1" => Ok(true),
                "$-1" | ":0" => Ok(false),
                _ => Err(NoPrimary),
            }
        })
    }
}
