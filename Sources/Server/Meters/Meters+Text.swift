import Foundation
import Tutti

extension Meters {
    /// Everything in the text format of Prometheus.
    /// - Parameters:
    ///   - shelf: What is loaded.
    ///   - connections: Open connections.
    func text(shelf: ModelShelf, connections: Int) -> String {
        let state = snapshot
        var text = PrometheusText()
        requests(state, connections, &text)
        tokens(state, &text)
        models(state, shelf, &text)
        process(&text)
        return text.text
    }

    private func requests(_ state: State, _ connections: Int, _ text: inout PrometheusText) {
        text.family("tutti_requests_total", "counter", "Requests answered, by route and status.")
        for (labels, count) in state.requests.sorted(by: { "\($0.key)" < "\($1.key)" }) {
            text.sample(
                "tutti_requests_total",
                [("route", labels.route), ("method", labels.method), ("status", String(labels.status))], count)
        }
        text.family("tutti_request_seconds", "histogram", "From a request's head to the end of its answer.")
        for (route, histogram) in state.requestSeconds.sorted(by: { $0.key < $1.key }) {
            text.histogram("tutti_request_seconds", [("route", route)], histogram)
        }
        text.family("tutti_requests_running", "gauge", "Requests that are being answered.")
        text.sample("tutti_requests_running", [], state.running)
        text.family("tutti_connections", "gauge", "Open connections.")
        text.sample("tutti_connections", [], connections)
        text.family("tutti_requests_refused_total", "counter", "Requests turned away, by reason.")
        for (reason, count) in state.refusals.sorted(by: { $0.key < $1.key }) {
            text.sample("tutti_requests_refused_total", [("reason", reason)], count)
        }
    }

    private func tokens(_ state: State, _ text: inout PrometheusText) {
        for (name, help, counts) in [
            ("tutti_prompt_tokens_total", "Tokens of prompts.", state.promptTokens),
            ("tutti_cached_prompt_tokens_total", "Tokens of prompts that were found computed.", state.cachedTokens),
            ("tutti_completion_tokens_total", "Tokens of answers.", state.completionTokens),
            ("tutti_embedded_tokens_total", "Tokens of embedded texts.", state.embeddedTokens),
            ("tutti_seen_pictures_total", "Pictures that were looked at.", state.seenPictures),
        ] {
            text.family(name, "counter", help)
            for (model, count) in counts.sorted(by: { $0.key < $1.key }) {
                text.sample(name, [("model", model)], count)
            }
        }
        for (name, help, seconds) in [
            ("tutti_heard_seconds_total", "Seconds of sound that were heard.", state.heardSeconds),
            ("tutti_spoken_seconds_total", "Seconds of sound that were spoken.", state.spokenSeconds),
        ] {
            text.family(name, "counter", help)
            for (model, count) in seconds.sorted(by: { $0.key < $1.key }) {
                text.sample(name, [("model", model)], count)
            }
        }
        for (name, help, histograms) in [
            ("tutti_time_to_first_token_seconds", "From a request to its first token.", state.firstToken),
            ("tutti_time_between_tokens_seconds", "Between tokens of an answer.", state.betweenTokens),
        ] {
            text.family(name, "histogram", help)
            for (model, histogram) in histograms.sorted(by: { $0.key < $1.key }) {
                text.histogram(name, [("model", model)], histogram)
            }
        }
    }

    private func models(_ state: State, _ shelf: ModelShelf, _ text: inout PrometheusText) {
        let loaded = shelf.loaded
        text.family("tutti_models_loaded", "gauge", "Models in memory.")
        text.sample("tutti_models_loaded", [], loaded.count)
        text.family("tutti_model_memory_bytes", "gauge", "What a loaded model may take, with its cache.")
        for model in loaded { text.sample("tutti_model_memory_bytes", [("model", model.name)], model.byteCount) }
        text.family("tutti_model_leases", "gauge", "Requests that use a model.")
        for model in loaded { text.sample("tutti_model_leases", [("model", model.name)], model.leases) }
        for (name, help, counts) in [
            ("tutti_model_loads_total", "How often a model was loaded.", state.loads),
            ("tutti_model_unloads_total", "How often a model was put away.", state.unloads),
        ] {
            text.family(name, "counter", help)
            for (model, count) in counts.sorted(by: { $0.key < $1.key }) {
                text.sample(name, [("model", model)], count)
            }
        }
        let engines = loaded.compactMap { model in model.statistics.map { (model.name, $0) } }
        func gauge(_ name: String, _ kind: String, _ help: String, _ value: (EngineStatistics) -> Int) {
            text.family(name, kind, help)
            for (model, statistics) in engines { text.sample(name, [("model", model)], value(statistics)) }
        }
        gauge("tutti_queue_waiting", "gauge", "Requests that wait for a model.", \.waiting)
        gauge("tutti_queue_running", "gauge", "Requests that a model computes.", \.running)
        gauge("tutti_queue_refusals_total", "counter", "Requests refused because too many waited.", \.refusalCount)
        gauge("tutti_preemptions_total", "counter", "How often a request was put back for another.", \.preemptionCount)
        gauge("tutti_prefilled_tokens_total", "counter", "Tokens of prompts that were computed.", \.prefilledTokens)
        gauge("tutti_generated_tokens_total", "counter", "Tokens that were chosen.", \.generatedTokens)
        text.family("tutti_cache_pages", "gauge", "Pages of the cache: in use, or kept for requests to come.")
        for (model, statistics) in engines {
            text.sample("tutti_cache_pages", [("model", model), ("state", "held")], statistics.heldPages)
            text.sample("tutti_cache_pages", [("model", model), ("state", "kept")], statistics.keptPages)
        }
        text.family("tutti_cache_bytes", "gauge", "Bytes of the cache: in use, kept, and the most there may be.")
        for (model, statistics) in engines {
            text.sample("tutti_cache_bytes", [("model", model), ("state", "held")], statistics.heldByteCount)
            text.sample("tutti_cache_bytes", [("model", model), ("state", "kept")], statistics.keptByteCount)
            text.sample("tutti_cache_bytes", [("model", model), ("state", "limit")], statistics.cacheByteCount)
        }
    }

    private func process(_ text: inout PrometheusText) {
        text.family("process_resident_memory_bytes", "gauge", "Memory that this process holds.")
        text.sample("process_resident_memory_bytes", [], Memory.residentByteCount)
        text.family("process_open_fds", "gauge", "Open file descriptors.")
        text.sample("process_open_fds", [], OpenFiles.count)
        text.family("tutti_build_info", "gauge", "The version.")
        text.sample("tutti_build_info", [("version", tuttiVersion)], 1)
    }
}

/// The files and sockets that this process has open.
enum OpenFiles {
    static var count: Int {
        let folder = FileManager.default.fileExists(atPath: "/proc/self/fd") ? "/proc/self/fd" : "/dev/fd"
        return (try? FileManager.default.contentsOfDirectory(atPath: folder).count) ?? 0
    }
}
