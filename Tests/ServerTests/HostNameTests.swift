import Testing
import TuttiServer

@Suite struct HostNameTests {
    @Test(arguments: [
        ("127.0.0.1:8080", "127.0.0.1"), ("LocalHost", "localhost"), ("[::1]:80", "::1"), ("::1", "::1"),
        ("example.com.", "example.com"),
    ])
    func leavesThePortOut(text: String, name: String) {
        #expect(HostName(text).name == name)
    }

    @Test(arguments: ["127.0.0.1", "127.8.9.1:1", "localhost:3", "api.localhost", "[::1]"])
    func knowsLoopback(text: String) { #expect(HostName(text).isLoopback) }

    @Test(arguments: [
        "0.0.0.0", "::", "127.evil.example.com", "localhost.evil.com", "10.0.0.1", "", "127.0.0.1.nip.io",
    ])
    func isNotFooled(text: String) { #expect(!HostName(text).isLoopback) }
}
