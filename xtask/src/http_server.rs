//! A small blocking HTTP/1.1 server on loopback, for what the tool itself serves: the scripted model of the demo, a
//! blank page, and stand-ins in tests.
//!
//! One thread per connection, one request per connection (`connection: close`). It is no general server: it must never
//! listen anywhere but on loopback or a unix socket, and what it answers is decided by its handler alone.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The largest request head and body that are read; above it the client gets 431 or 413.
const MAX_HEAD: usize = 32 * 1024;
const MAX_BODY: usize = 32 * 1024 * 1024;
/// Connections served at once; more are closed unanswered.
const MAX_CONNECTIONS: usize = 128;
/// How long a client may be silent in the middle of its request.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// A request, read to its end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    pub method: String,
    /// The target without its query: `/v1/models`.
    pub path: String,
    /// What follows the `?`, still encoded; empty without one.
    pub query: String,
    /// In the order of arrival, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Without its transfer coding.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of this name (given in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What a handler answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    pub status: u16,
    /// `content-length` or `transfer-encoding`, and `connection`, are added.
    pub headers: Vec<(String, String)>,
    pub body: Body,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    Bytes(Vec<u8>),
    /// Sent one by one as chunks, as a stream of events is.
    Pieces(Vec<Vec<u8>>),
    /// Sent in the place of the whole reply, head included: a server that does not speak HTTP as it should.
    Raw(Vec<u8>),
    /// Nothing is sent for this long, then the connection is closed. It ends early with the server.
    Stall(Duration),
}

impl Response {
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::with_body(status, content_type, Body::Bytes(body.into()))
    }

    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::new(status, "application/json", value.to_string())
    }

    pub fn html(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status, "text/html; charset=utf-8", body)
    }

    pub fn stream(content_type: &str, pieces: Vec<Vec<u8>>) -> Self {
        Self::with_body(200, content_type, Body::Pieces(pieces))
    }

    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Response { status: 0, headers: Vec::new(), body: Body::Raw(bytes.into()) }
    }

    pub fn stall(time: Duration) -> Self {
        Response { status: 0, headers: Vec::new(), body: Body::Stall(time) }
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    fn with_body(status: u16, content_type: &str, body: Body) -> Self {
        Response { status, headers: vec![("content-type".to_owned(), content_type.to_owned())], body }
    }
}

type Handler = Box<dyn Fn(&Request) -> Response + Send + Sync>;

/// A running server. It ends, with every connection, when it is dropped.
pub struct Server {
    shared: Arc<Shared>,
    address: Address,
    accepting: Option<JoinHandle<()>>,
}

enum Address {
    Port(u16),
    Socket(PathBuf),
}

struct Shared {
    handler: Handler,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    stopping: bool,
    next: u64,
    open: HashMap<u64, Arc<dyn Connection>>,
}

impl Server {
    /// Listens on a free port of 127.0.0.1.
    pub fn start(handler: impl Fn(&Request) -> Response + Send + Sync + 'static) -> io::Result<Server> {
        Self::start_on(0, handler)
    }

    /// Listens on this port of 127.0.0.1.
    pub fn start_on(port: u16, handler: impl Fn(&Request) -> Response + Send + Sync + 'static) -> io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let port = listener.local_addr()?.port();
        Ok(Self::serve(Address::Port(port), Box::new(handler), move || {
            let (stream, _) = listener.accept()?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(READ_TIMEOUT))?;
            Ok(Arc::new(stream))
        }))
    }

    /// Listens on a unix socket, which is removed at the end.
    pub fn start_unix(
        socket: &Path,
        handler: impl Fn(&Request) -> Response + Send + Sync + 'static,
    ) -> io::Result<Server> {
        let listener = UnixListener::bind(socket)?;
        Ok(Self::serve(Address::Socket(socket.to_owned()), Box::new(handler), move || {
            let (stream, _) = listener.accept()?;
            stream.set_read_timeout(Some(READ_TIMEOUT))?;
            Ok(Arc::new(stream))
        }))
    }

    /// The TCP port; 0 for a unix socket.
    pub fn port(&self) -> u16 {
        match self.address {
            Address::Port(port) => port,
            Address::Socket(_) => 0,
        }
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }

    fn serve(
        address: Address,
        handler: Handler,
        accept: impl Fn() -> io::Result<Arc<dyn Connection>> + Send + 'static,
    ) -> Server {
        let shared = Arc::new(Shared { handler, state: Mutex::default(), changed: Condvar::new() });
        let for_thread = Arc::clone(&shared);
        let accepting = std::thread::spawn(move || {
            loop {
                let accepted = accept();
                if for_thread.state().stopping {
                    break;
                }
                match accepted {
                    Ok(connection) => Shared::answer_apart(&for_thread, connection),
                    // Out of file descriptors, or a client that left again: others may still come.
                    Err(_) => std::thread::sleep(Duration::from_millis(10)),
                }
            }
        });
        Server { shared, address, accepting: Some(accepting) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let open: Vec<_> = {
            let mut state = self.shared.state();
            state.stopping = true;
            state.open.values().cloned().collect()
        };
        self.shared.changed.notify_all();
        for connection in open {
            connection.close();
        }
        // The accepting thread sleeps in accept(): a connection wakes it.
        let woken = match &self.address {
            Address::Port(port) => TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).is_ok(),
            Address::Socket(path) => UnixStream::connect(path).is_ok(),
        };
        if let (true, Some(thread)) = (woken, self.accepting.take()) {
            let _ = thread.join();
        }
        if let Address::Socket(path) = &self.address {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Shared {
    /// A handler that panicked in one thread must not silence the others.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer_apart(shared: &Arc<Shared>, connection: Arc<dyn Connection>) {
        let id = {
            let mut state = shared.state();
            if state.open.len() >= MAX_CONNECTIONS {
                return;
            }
            state.next += 1;
            let id = state.next;
            state.open.insert(id, Arc::clone(&connection));
            id
        };
        let shared = Arc::clone(shared);
        std::thread::spawn(move || {
            let _forget = Forget { shared: Arc::clone(&shared), id };
            // A client that went away in the middle is nobody's problem.
            let _ = shared.answer(&*connection);
            connection.close();
        });
    }

    fn answer(&self, connection: &dyn Connection) -> io::Result<()> {
        let request = match read_request(connection)? {
            Ok(request) => request,
            Err(status) => return self.send(connection, "", Response::new(status, "text/plain", reason(status))),
        };
        let response = (self.handler)(&request);
        self.send(connection, &request.method, response)
    }

    fn send(&self, connection: &dyn Connection, method: &str, response: Response) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", response.status, reason(response.status));
        for (name, value) in &response.headers {
            // A header with a line end in it would be two.
            head.push_str(&format!("{name}: {}\r\n", value.replace(['\r', '\n'], " ")));
        }
        head.push_str("connection: close\r\n");
        let has_body = method != "HEAD" && !matches!(response.status, 204 | 304);
        match response.body {
            Body::Raw(bytes) => connection.send(&bytes),
            Body::Stall(time) => {
                self.wait(time);
                Ok(())
            }
            Body::Bytes(bytes) => {
                head.push_str(&format!("content-length: {}\r\n\r\n", bytes.len()));
                connection.send(head.as_bytes())?;
                if has_body { connection.send(&bytes) } else { Ok(()) }
            }
            Body::Pieces(pieces) => {
                head.push_str("transfer-encoding: chunked\r\n\r\n");
                connection.send(head.as_bytes())?;
                if !has_body {
                    return Ok(());
                }
                for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
                    let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
                    chunk.extend_from_slice(piece);
                    chunk.extend_from_slice(b"\r\n");
                    connection.send(&chunk)?;
                }
                connection.send(b"0\r\n\r\n")
            }
        }
    }

    fn wait(&self, time: Duration) {
        let deadline = Instant::now() + time;
        let mut state = self.state();
        while !state.stopping {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Takes a connection off the list, also when its handler panicked.
struct Forget {
    shared: Arc<Shared>,
    id: u64,
}

impl Drop for Forget {
    fn drop(&mut self) {
        self.shared.state().open.remove(&self.id);
    }
}

/// A stream that two threads may hold: one serves it, the other closes it.
trait Connection: Send + Sync {
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize>;
    fn send(&self, bytes: &[u8]) -> io::Result<()>;
    fn close(&self);
}

impl Connection for TcpStream {
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut stream = self;
        stream.read(buffer)
    }

    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stream = self;
        stream.write_all(bytes)
    }

    fn close(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

impl Connection for UnixStream {
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut stream = self;
        stream.read(buffer)
    }

    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stream = self;
        stream.write_all(bytes)
    }

    fn close(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

/// Reads one request, or says with which status it is refused.
fn read_request(connection: &dyn Connection) -> io::Result<Result<Request, u16>> {
    let mut bytes = Vec::new();
    let (mut request, body_start) = loop {
        match parse_head(&bytes) {
            Err(status) => return Ok(Err(status)),
            Ok(Some(parsed)) => break parsed,
            Ok(None) => more(connection, &mut bytes)?,
        }
    };
    let mut rest = bytes.split_off(body_start);
    if request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let chunked = request.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
    let length = match request.header("content-length").map(str::parse::<usize>) {
        Some(Err(_)) => return Ok(Err(400)),
        Some(Ok(length)) if length > MAX_BODY => return Ok(Err(413)),
        Some(Ok(length)) => length,
        None => 0,
    };
    request.body = loop {
        if chunked {
            match decode_chunks(&rest) {
                Err(status) => return Ok(Err(status)),
                Ok(Some(body)) => break body,
                Ok(None) => {}
            }
        } else if rest.len() >= length {
            rest.truncate(length);
            break rest;
        }
        more(connection, &mut rest)?;
    };
    Ok(Ok(request))
}

fn more(connection: &dyn Connection, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    match connection.receive(&mut buffer)? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        count => {
            bytes.extend_from_slice(&buffer[..count]);
            Ok(())
        }
    }
}

/// The request without its body and the length of its head, `None` if more must be read, or the status of a refusal.
fn parse_head(bytes: &[u8]) -> Result<Option<(Request, usize)>, u16> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if bytes.len() > MAX_HEAD => return Err(431),
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(431),
        Err(_) => return Err(400),
    };
    let target = parsed.path.unwrap_or("/");
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: parsed.headers.iter().map(|header| (header.name.to_ascii_lowercase(), text(header.value))).collect(),
        body: Vec::new(),
    };
    Ok(Some((request, length)))
}

/// The body out of its chunks (RFC 9112, section 7.1), `None` if more must be read, or the status of a refusal.
/// Trailers are ignored.
fn decode_chunks(mut bytes: &[u8]) -> Result<Option<Vec<u8>>, u16> {
    let mut body = Vec::new();
    loop {
        let (start, size) = match httparse::parse_chunk_size(bytes) {
            Ok(httparse::Status::Complete(found)) => found,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(400),
        };
        let Ok(size) = usize::try_from(size) else { return Err(413) };
        if body.len().saturating_add(size) > MAX_BODY {
            return Err(413);
        }
        if size == 0 {
            return Ok(Some(body));
        }
        let Some(chunk) = bytes.get(start..start + size) else { return Ok(None) };
        body.extend_from_slice(chunk);
        match bytes.get(start + size..start + size + 2) {
            None => return Ok(None),
            Some(b"\r\n") => bytes = &bytes[start + size + 2..],
            Some(_) => return Err(400),
        }
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echo() -> Server {
        Server::start(|request| {
            let body = String::from_utf8_lossy(&request.body);
            Response::new(200, "text/plain", format!("{} {} ?{} {body}", request.method, request.path, request.query))
        })
        .unwrap()
    }

    fn talk(server: &Server, parts: &[&str]) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).unwrap();
        for part in parts {
            stream.write_all(part.as_bytes()).unwrap();
            std::thread::sleep(Duration::from_millis(5));
        }
        let mut reply = Vec::new();
        // A refusal may close the connection before everything was read: what came until then is the reply.
        let _ = stream.read_to_end(&mut reply);
        String::from_utf8(reply).unwrap()
    }

    #[test]
    fn reads_requests_however_they_arrive() {
        let server = echo();
        let many = format!("GET / HTTP/1.1\r\n{}", "a: b\r\n".repeat(65));
        let long = format!("GET / HTTP/1.1\r\na: {}", "b".repeat(MAX_HEAD));
        for (parts, status, end) in [
            (vec!["GET /a?b=c HTTP/1.1\r\n\r\n"], 200, "GET /a ?b=c "),
            (vec!["POST / HTTP/1.1\r\ncontent-length: 5\r\n", "\r\nhe", "llo"], 200, "POST / ? hello"),
            (
                vec!["POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel", "\r\n2\r", "\nlo\r\n0\r\n\r\n"],
                200,
                "POST / ? hello",
            ),
            (vec!["HEAD / HTTP/1.1\r\n\r\n"], 200, "\r\n\r\n"),
            (vec!["not http at all\r\n\r\n"], 400, "Bad Request"),
            (vec!["POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"], 400, "Bad Request"),
            (vec!["POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n"], 400, "Bad Request"),
            (vec!["POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n"], 413, "Content Too Large"),
            (vec![many.as_str(), "\r\n"], 431, "Fields Too Large"),
            (vec![long.as_str()], 431, "Fields Too Large"),
        ] {
            let reply = talk(&server, &parts);
            assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")), "{parts:?}: {reply}");
            assert!(reply.ends_with(end), "{parts:?}: {reply}");
        }
    }

    #[test]
    fn sends_what_the_handler_answers() {
        let server = Server::start(|request| match request.path.as_str() {
            "/stream" => Response::stream("text/event-stream", vec![b"data: 1\n\n".to_vec(), b"data: 2\n\n".to_vec()]),
            "/raw" => Response::raw("no head"),
            _ => Response::html(404, "gone").header("x-note", "a\r\nb: c"),
        })
        .unwrap();
        let body = ureq::get(format!("{}/stream", server.url())).call().unwrap().body_mut().read_to_string().unwrap();
        assert_eq!(body, "data: 1\n\ndata: 2\n\n");
        assert_eq!(talk(&server, &["GET /raw HTTP/1.1\r\n\r\n"]), "no head");
        let reply = talk(&server, &["GET / HTTP/1.1\r\n\r\n"]);
        assert!(reply.contains("\r\nx-note: a  b: c\r\n") && reply.ends_with("\r\n\r\ngone"), "{reply}");
    }

    #[test]
    fn a_panicking_handler_costs_one_connection() {
        let server = Server::start(|request| match request.path.as_str() {
            "/panic" => panic!("this panic is part of the test"),
            _ => Response::html(200, "well"),
        })
        .unwrap();
        assert_eq!(talk(&server, &["GET /panic HTTP/1.1\r\n\r\n"]), "");
        assert!(talk(&server, &["GET / HTTP/1.1\r\n\r\n"]).ends_with("well"));
    }

    #[test]
    fn ends_at_once_with_a_stalled_connection_open() {
        let server = Server::start(|_| Response::stall(Duration::from_secs(60))).unwrap();
        let port = server.port();
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        std::thread::sleep(Duration::from_millis(50));
        let started = Instant::now();
        drop(server);
        assert_eq!(stream.read(&mut [0; 8]).unwrap_or(0), 0);
        assert!(started.elapsed() < Duration::from_secs(5));
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    }

    #[test]
    fn serves_a_unix_socket_and_removes_it() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s");
        let server = Server::start_unix(&socket, |request| Response::html(200, request.path.clone())).unwrap();
        let mut stream = UnixStream::connect(&socket).unwrap();
        stream.write_all(b"GET /over HTTP/1.1\r\n\r\n").unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        assert!(reply.ends_with("/over"), "{reply}");
        drop(server);
        assert!(!socket.exists());
    }
}
