"""A Waterdrop 2.0 job for a real Spark: reads the config, one source, SQL transforms, a console.

Behaves as Waterdrop 2.0.x does towards its launcher: it insists on --config, --deploy-mode and
--master, prints where it reads and what it read, sets the env block on its own SparkConf, and
swallows what goes wrong (stdout says so, exit 0).

References see what stands above them, the environment and -i variables.
Sources: Fake (batch, `content = [...]`, needs result_table_name), FakeStream (endless).
Transform: Sql (`sql`, result_table_name). Sink: Console.
In the env block, `sandbox.run.ms` makes a batch last, `sandbox.fail` raises what is swallowed,
`sandbox.throw` what is not.
"""

import json
import os
import re
import sys
import time

OPTIONS = {
    "-c": "config", "--config": "config",
    "-e": "deploy-mode", "--deploy-mode": "deploy-mode",
    "-m": "master", "--master": "master",
    "-i": "variable", "--variable": "variable",
}
PLUGIN_KEYS = {"source", "transform", "sink", "input", "filter", "output"}
TOKEN = re.compile(
    r'(?P<skip>[ \t\r]+|#[^\n]*|//[^\n]*)'
    r'|(?P<triple>"""(?:.*?)"""+)'
    r'|(?P<quoted>"(?:[^"\\\n]|\\.)*")'
    r'|(?P<reference>\$\{\??[^}]*\})'
    r'|(?P<mark>[{}\[\]=:,\n])'
    r'|(?P<text>(?:(?!//)[^\s#"{}\[\]=:,$])+)',
    re.S,
)


class ConfigError(Exception):
    pass


def tokens(text):
    """(kind, value, blank before it) of a HOCON text; blanks and comments dropped."""
    found, at, blank = [], 0, False
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            line = text.count("\n", 0, at) + 1
            raise ConfigError("%d: Reserved character '%s' is not allowed outside quotes" % (line, text[at]))
        if match.lastgroup == "skip":
            blank = True
        else:
            found.append((match.lastgroup, match.group(), blank))
            blank = False
        at = match.end()
    return found


class Parser:
    """The part of HOCON that such configs use; a key with dots stays one key."""

    def __init__(self, text, variables):
        self.tokens = tokens(text)
        self.at = 0
        self.variables = variables
        self.root = {}

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "", False)

    def skip(self, marks):
        while self.peek()[0] == "mark" and self.peek()[1] in marks:
            self.at += 1

    def document(self):
        self.skip("\n")
        braced = self.peek()[1] == "{"
        self.at += braced
        self.entries(self.root, braced, False)
        self.skip("\n")
        if self.peek()[0] != "end":
            raise ConfigError("Document has trailing tokens after first object or array")
        return self.root

    def entries(self, into, braced, plugins):
        """Entries up to the closing brace; a block of plugins becomes a list, in order."""
        listed = []
        while True:
            self.skip("\n,")
            kind, word, _ = self.peek()
            if word == "}" and kind == "mark":
                if not braced:
                    raise ConfigError("unbalanced close brace '}' with no open brace")
                self.at += 1
                return listed if plugins else into
            if kind == "end":
                if braced:
                    raise ConfigError("Expecting close brace } or a comma, got end of file")
                return listed if plugins else into
            key = self.key()
            if self.peek()[1] in ("=", ":"):
                self.at += 1
                self.skip("\n")
            elif self.peek()[1] != "{":
                raise ConfigError("Key '%s' may not be followed by token: '%s'" % (key, self.peek()[1]))
            value = self.value(key)
            if plugins:
                listed.append(dict({"plugin_name": key}, **value))
            elif isinstance(value, dict) and isinstance(into.get(key), dict):
                into[key].update(value)
            else:
                into[key] = value

    def key(self):
        kind, word, _ = self.peek()
        if kind not in ("text", "quoted") or word == "include":
            raise ConfigError("expecting a field name, got '%s'" % word)
        self.at += 1
        return word[1:-1] if kind == "quoted" else word

    def value(self, key=None):
        parts = []
        while True:
            kind, word, blank = self.peek()
            if kind == "end" or (kind == "mark" and word not in "{["):
                break
            self.at += 1
            if word == "{" and kind == "mark":
                return self.entries({}, True, key in PLUGIN_KEYS)
            if word == "[" and kind == "mark":
                return self.items()
            parts.append((" " if blank and parts else "", kind, word))
        if not parts:
            raise ConfigError("Expecting a value but got wrong token: '%s'" % self.peek()[1])
        if len(parts) == 1:
            return self.scalar(*parts[0][1:])
        return "".join(blank + str(self.scalar(kind, word)) for blank, kind, word in parts)

    def items(self):
        found = []
        while True:
            self.skip("\n,")
            kind, word, _ = self.peek()
            if kind == "end":
                raise ConfigError("List should have ended with ] or had a comma, got end of file")
            if kind == "mark" and word == "]":
                self.at += 1
                return found
            found.append(self.value())

    def scalar(self, kind, word):
        if kind == "triple":
            return word[3:-3]
        if kind == "quoted":
            return json.loads(word)
        if kind == "reference":
            return self.reference(word[2:-1].strip())
        if word in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[word]
        try:
            return int(word)
        except ValueError:
            return word

    def reference(self, name):
        bare = name.lstrip("?")
        value = self.root
        for part in bare.split("->"):
            value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            value = os.environ.get(bare, self.variables.get(bare))
        return "${%s}" % name if value is None else value


def parse_options(words):
    """Options of the job, or exit 0 with a message as scopt gives it."""
    found, variables, words = {}, {}, list(words)
    while words:
        word = words.pop(0)
        if word in ("-t", "--check"):
            continue
        if word not in OPTIONS:
            refuse("Unknown option " + word if word.startswith("-") else "Unknown argument '%s'" % word)
        if not words:
            refuse("Missing value after " + word)
        value = words.pop(0)
        if OPTIONS[word] == "variable":
            variables.setdefault(*value.partition("=")[::2])
        found[OPTIONS[word]] = value
    for option in ("config", "deploy-mode", "master"):
        if option not in found:
            refuse("Missing option --" + option)
    return found, variables


def refuse(message):
    sys.stderr.write("Error: %s\nUsage: Waterdrop [options]\n" % message)
    sys.exit(0)


def say(text):
    print(text, flush=True)


def swallow(headline, reason):
    rule = "=" * 79
    say("\n\n%s\n\n\n%s\n\nReason: %s\n\n%s\n\n" % (rule, headline, reason, rule))


def start_session(env):
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

    conf = SparkConf()
    for key, value in env.items():
        conf.set(key, str(value).lower() if isinstance(value, bool) else str(value))
    return SparkSession.builder.config(conf=conf).getOrCreate()


def literal(value):
    return "'%s'" % str(value).replace("\\", "\\\\").replace("'", "\\'")


def read_source(spark, plugin):
    name = plugin["plugin_name"].lower()
    if name.endswith("stream"):
        return spark.readStream.format("rate").option("rowsPerSecond", plugin.get("rate", 1)).load()
    if "result_table_name" not in plugin:
        raise ConfigError('Plugin[%s] must be registered as dataset/table, please set "result_table_name" config' % plugin["plugin_name"])
    rows = plugin.get("content", ["Hello garyelephant", "Hello rickyhuo"])
    values = ", ".join("(%s)" % literal(row) for row in rows)
    return spark.sql("SELECT * FROM VALUES %s AS t(raw_message)" % values)


def run(spark, config):
    env = config["env"]
    if "sandbox.fail" in env:
        raise RuntimeError(env["sandbox.fail"])
    source = config["source"][0]
    data = read_source(spark, source)
    if "result_table_name" in source:
        data.createOrReplaceTempView(source["result_table_name"])
    for plugin in config.get("transform", []):
        if plugin["plugin_name"].lower() != "sql":
            continue  # A missing plugin is skipped.
        data = spark.sql(plugin["sql"])
        if "result_table_name" in plugin:
            data.createOrReplaceTempView(plugin["result_table_name"])
    if data.isStreaming:
        data.writeStream.format("console").start().awaitTermination()
        return
    data.show(truncate=False)
    say("rows %d" % data.count())
    time.sleep(int(env.get("sandbox.run.ms", 0)) / 1000)


def main():
    options, variables = parse_options(sys.argv[1:])
    path = options["config"]
    if options["deploy-mode"] == "cluster":
        path = os.path.basename(path)  # shipped with --files, into the working directory
    try:
        say("[INFO] Loading config file: " + path)
        with open(path, encoding="utf-8") as file:
            config = Parser(file.read(), variables).document()
        say("[INFO] parsed config file: " + json.dumps(config, ensure_ascii=False))
        for block in ("env", "source", "transform", "sink"):
            if block not in config:
                raise ConfigError("No configuration setting found for key '%s'" % block)
    except (ConfigError, OSError, ValueError) as error:
        return swallow("Config Error:", "%s: %s" % (path, error))
    try:
        spark = start_session(config["env"])
        run(spark, config)
        spark.stop()
    except ConfigError as error:
        return swallow("Config Error:", error)
    except Exception as error:
        return swallow("Fatal Error,", error)
    if "sandbox.throw" in config["env"]:
        raise RuntimeError(config["env"]["sandbox.throw"])


if __name__ == "__main__":
    main()
