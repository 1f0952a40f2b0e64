# Sourced by the scripts here: finds a JDK, builds once, and says where the class path is.
# Leaves JAVA (the java command), ROOT (the project) and CLASSPATH_FILE. ADAPTERWORKS_CLASSPATH is a class path to run
# on instead of building one.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
CLASSPATH_FILE="$ROOT/jobs/target/classpath.txt"
BUILD_LOG="$ROOT/jobs/target/build.log"
JDK_PACKAGE=openjdk-17-jdk-headless

say() { printf '%s\n' "$*" >&2; }

# The opening comment of a script is its help.
opening_comment() { sed -n '/^#!/d;/^#/!q;s/^# \{0,1\}//p' "$1"; }

help_if_asked() {
  if [ "${2:-}" = --help ] || [ "${2:-}" = -h ]; then
    opening_comment "$1"
    exit 0
  fi
}

java_major() {
  "$1" -version 2>&1 | sed -n 's/.*version "\([0-9]*\)[^"]*".*/\1/p' | head -n 1
}

install_jdk() {
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "No JDK 17 or newer found; installing it: apt-get install -y $JDK_PACKAGE"
    { apt-get update -qq && apt-get install -y -qq "$JDK_PACKAGE"; } >&2 || {
      say "It could not be installed; apt-get says why above. Mend that and run: apt-get install -y $JDK_PACKAGE"
      exit 2
    }
  else
    say "No JDK 17 or newer found. Install one, for example on Debian or Ubuntu:"
    say "  sudo apt-get install -y $JDK_PACKAGE"
    exit 2
  fi
}

# JAVA_HOME first, then the javac on the PATH, then the usual folder; 17 before newer ones there.
find_jdk() {
  local candidate on_path
  on_path="$(command -v javac 2>/dev/null || true)"
  [ -z "$on_path" ] || on_path="$(dirname "$(dirname "$(readlink -f "$on_path")")")"
  for candidate in "${JAVA_HOME:-}" "$on_path" /usr/lib/jvm/*17* /usr/lib/jvm/*; do
    if [ -n "$candidate" ] && [ -x "$candidate/bin/javac" ] \
      && [ "$(java_major "$candidate/bin/java")" -ge 17 ] 2>/dev/null; then
      JAVA_HOME="$candidate"
      return 0
    fi
  done
  return 1
}

require_jdk() {
  # Where nothing is to be built, any Java will do.
  if [ -n "${ADAPTERWORKS_CLASSPATH:-}" ] && [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/java" ]; then
    JAVA="$JAVA_HOME/bin/java"
    return 0
  fi
  find_jdk || { install_jdk; find_jdk; } || { say "The JDK was installed but not found."; exit 2; }
  export JAVA_HOME
  JAVA="$JAVA_HOME/bin/java"
}

sources_newer() {
  [ -n "$(find "$ROOT/pom.xml" "$ROOT/common/pom.xml" "$ROOT/jobs/pom.xml" \
    "$ROOT/common/src/main" "$ROOT/jobs/src/main" -newer "$CLASSPATH_FILE" -print -quit 2>/dev/null)" ]
}

# Passes on what Maven says, but for its hundreds of downloads, which become a count every 10 s.
count_downloads() {
  local line size files=0 kilobytes=0 last=$SECONDS
  while IFS= read -r line; do
    case "$line" in
      *"Downloading from "* | "Progress ("*) continue ;;
      *"Downloaded from "*) ;;
      *)
        printf '%s\n' "$line"
        continue
        ;;
    esac
    files=$((files + 1))
    size="${line##*\(}"
    case "$size" in
      *" MB at"*) size="${size%% *}"; kilobytes=$((kilobytes + ${size%%.*} * 1000)) ;;
      *" kB at"*) size="${size%% *}"; kilobytes=$((kilobytes + ${size%%.*})) ;;
    esac
    if [ $((SECONDS - last)) -ge 10 ]; then
      last=$SECONDS
      printf '  %d files, %d MB downloaded\n' "$files" $((kilobytes / 1000))
    fi
  done
}

# Builds where nothing is built yet or a source has changed; two builds never overlap.
require_build() {
  [ -z "${ADAPTERWORKS_CLASSPATH:-}" ] || return 0
  mkdir -p "$ROOT/jobs/target"
  exec 9>"$ROOT/jobs/target/.build.lock"
  if command -v flock >/dev/null 2>&1; then flock 9; fi
  if [ ! -s "$CLASSPATH_FILE" ] || sources_newer; then
    say "Building; the first time about 750 MB of dependencies are downloaded ..."
    (cd "$ROOT" && ./mvnw -B -DskipTests -Dspotless.check.skip=true package 2>&1) \
      | tee "$BUILD_LOG" | count_downloads | { grep -E '^\[(ERROR|FATAL)\]|downloaded$' >&2 || true; } || {
      say "The build failed; its errors are above, all that it said is in $BUILD_LOG"
      exit 1
    }
    touch "$CLASSPATH_FILE"
  fi
  exec 9>&-
}

# The JVM options that pom.xml holds in one place, for Spark and Delta on Java 17 and later.
jvm_options() {
  sed -n 's:.*<jvm.opens>\(.*\)</jvm.opens>.*:\1:p' "$ROOT/pom.xml"
}

# Threads of the native libraries that wait must not keep a processor from the others: without this
# a busy machine computes many times slower.
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"

# The CPU engine divides its work between threads of its own; OpenMP's would only stand in the way.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"

# Without a UTF-8 locale, as under cron, Java finds no file whose name is not ASCII, and prints "?".
case "$(locale charmap 2>/dev/null)" in
  UTF-8) ;;
  *) export LC_ALL=C.UTF-8 ;;
esac

# Whether a person watches standard error: they get a progress bar, a log gets lines.
is_terminal() {
  if [ -t 2 ]; then printf true; else printf false; fi
}

# The most heap a job takes.
heap() {
  printf %s "${ADAPTERWORKS_HEAP:-2g}"
}

# Jobs run on SPARK_MASTER. The workers of scripts/cluster have the class path; others are sent what is not Spark's own.
master_options() {
  echo "-Dspark.master=$SPARK_MASTER"
  case "$SPARK_MASTER" in
    local* | spark://127.*) ;;
    *) echo "-Dspark.jars=$(application_jars)" ;;
  esac
}

# The jars that a Spark installation lacks, with commas between them.
application_jars() {
  { find "$ROOT/jobs/target" -maxdepth 1 -name 'jobs-*.jar' ! -name '*-tests.jar'; tr ':' '\n' <"$CLASSPATH_FILE"; } |
    grep -vE '/(org/apache/spark|org/apache/hadoop|org/scala-lang)/' | paste -sd,
}

class_path() {
  echo "${ADAPTERWORKS_CLASSPATH:-$ROOT/jobs/target/classes:$(cat "$CLASSPATH_FILE")}"
}

# Runs a main class of the project on the built class path.
run_main() {
  local main="$1"
  shift
  # shellcheck disable=SC2046,SC2086
  exec "$JAVA" $(jvm_options) -Xmx"$(heap)" -XX:+UseParallelGC \
    -Dadapterworks.root="$ROOT" -Dadapterworks.terminal="$(is_terminal)" ${ADAPTERWORKS_JAVA_OPTIONS:-} \
    ${SPARK_MASTER:+$(master_options)} -cp "$(class_path)" "$main" "$@"
}
