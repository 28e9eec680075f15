//! A web server that publishes a JSON Web Key Set, as a customer's does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A web server that publishes keys until it is dropped.
#[derive(Debug)]
pub struct KeyServer {
    url: String,
    published: Arc<Mutex<String>>,
    fetched: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl KeyServer {
    /// Starts without any key.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/keys.json", listener.local_addr().expect("an address"));
        let published = Arc::new(Mutex::new(json!({ "keys": [] }).to_string()));
        let fetched = Arc::new(AtomicUsize::new(0));
        let serving = tokio::spawn(serve(listener, Arc::clone(&published), Arc::clone(&fetched)));
        Self {
            url,
            published,
            fetched,
            serving,
        }
    }

    /// Where the keys are.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Publishes these keys and no others: the id and the private key of each, of which the public half is shown.
    pub fn publish(&self, keys: &[(&str, &str)]) {
        let keys: Vec<Value> = keys
            .iter()
            .map(|(id, private_key)| public_half(id, private_key))
            .collect();
        *self.published.lock().unwrap_or_else(PoisonError::into_inner) = json!({ "keys": keys }).to_string();
    }

    /// How often the keys were fetched.
    pub fn fetched(&self) -> usize {
        self.fetched.load(Ordering::SeqCst)
    }
}

impl Drop for KeyServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn public_half(id: &str, private_key: &str) -> Value {
    let key = EncodingKey::from_rsa_pem(private_key.as_bytes()).expect("a private key in PEM");
    let mut jwk = Jwk::from_encoding_key(&key, Algorithm::RS256).expect("an RSA key");
    jwk.common.key_id = Some(id.to_owned());
    serde_json::to_value(jwk).expect("a key is JSON")
}

async fn serve(listener: TcpListener, published: Arc<Mutex<String>>, fetched: Arc<AtomicUsize>) {
    while let Ok((stream, _)) = listener.accept().await {
        let body = published.lock().unwrap_or_else(PoisonError::into_inner).clone();
        fetched.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(answer(stream, body));
    }
}

async fn answer(mut stream: TcpStream, body: String) {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(count) if count > 0 => request.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ";
    let _ = stream
        .write_all(format!("{head}{}\r\n\r\n{body}", body.len()).as_bytes())
        .await;
}
