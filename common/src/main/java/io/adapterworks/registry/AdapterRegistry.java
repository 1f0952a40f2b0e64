package io.adapterworks.registry;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.Verdict;
import io.adapterworks.registry.AdapterDraft.DatasetVersion;
import io.adapterworks.table.DeltaStore;
import io.adapterworks.table.WriteOutcome;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Adapter versions and their aliases: the folders, and the tables that tell of them. */
public final class AdapterRegistry {
  /** The alias of the version in use. It moves only through {@link #promote}. */
  public static final String CHAMPION = "champion";

  private final DeltaStore tables;
  private final AdapterStore files;
  private final Clock clock;

  public AdapterRegistry(DeltaStore tables, AdapterStore files, Clock clock) {
    this.tables = tables;
    this.files = files;
    this.clock = clock;
  }

  /** Publishes a version and its row; see {@link AdapterStore#publish}. */
  public PublishOutcome publish(AdapterDraft draft, Path prepared) {
    PublishOutcome outcome = files.publish(draft, prepared);
    AdapterVersionsTable.write(tables, outcome.manifest());
    return outcome;
  }

  /** The newest version trained under this configuration on this dataset version, if any. */
  public Optional<AdapterManifest> trainedWith(
      String name, String configHash, DatasetVersion dataset) {
    return files.manifests(name).stream()
        .filter(manifest -> manifest.trainedWith(configHash, dataset))
        .reduce((older, newer) -> newer);
  }

  /** The names of all adapters, sorted. */
  public List<String> names() {
    return files.names();
  }

  /** The manifests of every version of an adapter, oldest first. */
  public List<AdapterManifest> versions(String name) {
    return files.manifests(name);
  }

  /**
   * The version that a reference means now.
   *
   * @throws io.adapterworks.error.AdapterworksException INPUT if there is none
   */
  public AdapterManifest resolve(AdapterRef ref) {
    if (ref.selector() instanceof AdapterRef.Version version) {
      return files.manifest(ref.name(), version.number());
    }
    files.requireAdapter(ref.name());
    String alias = ((AdapterRef.Alias) ref.selector()).alias();
    OptionalInt version = aliased(ref.name(), alias);
    Check.that(
        version.isPresent(),
        ErrorCode.INPUT,
        "adapter %s has no alias %s; expected one of its aliases %s or versions %s",
        ref.name(),
        alias,
        aliases(ref.name()).keySet(),
        files.versions(ref.name()));
    return files.manifest(ref.name(), version.getAsInt());
  }

  /**
   * The newest version of an adapter.
   *
   * @throws io.adapterworks.error.AdapterworksException INPUT if there is no such adapter
   */
  public AdapterManifest newest(String name) {
    files.requireAdapter(name);
    List<AdapterManifest> versions = files.manifests(name);
    return versions.get(versions.size() - 1);
  }

  /** See {@link AdapterStore#localFolder}. */
  public Path localFolder(AdapterManifest manifest, Path scratch) {
    return files.localFolder(manifest, scratch);
  }

  /** The version in use, if any. */
  public OptionalInt champion(String name) {
    return aliased(name, CHAMPION);
  }

  /** The version of each alias of an adapter. */
  public Map<String, Integer> aliases(String name) {
    Map<String, Integer> current = new TreeMap<>();
    history(name).forEach(move -> current.put(move.alias(), move.version()));
    return current;
  }

  /** Every move of the adapter's aliases, oldest first. */
  public List<AliasMove> history(String name) {
    return AliasHistoryTable.moves(tables, name);
  }

  /**
   * Moves the alias {@code champion} if every verdict passed and the candidate was compared with
   * the champion that is in use now.
   *
   * @throws io.adapterworks.error.AdapterworksException INPUT if there is no such version
   */
  public Promotion promote(PromotionRequest request) {
    files.manifest(request.name(), request.version());
    List<AliasMove> moves =
        history(request.name()).stream().filter(move -> move.alias().equals(CHAMPION)).toList();
    OptionalInt current =
        moves.isEmpty()
            ? OptionalInt.empty()
            : OptionalInt.of(moves.get(moves.size() - 1).version());
    if (current.equals(OptionalInt.of(request.version()))) {
      return new Promotion.AlreadyChampion(request.version());
    }
    if (!current.equals(request.comparedWith())) {
      return refusedFor(request, current);
    }
    List<String> failed =
        request.verdicts().stream()
            .filter(verdict -> !verdict.passed())
            .map(Verdict::describe)
            .toList();
    if (!failed.isEmpty()) {
      return new Promotion.Refused(failed);
    }
    AliasMove move =
        new AliasMove(
            request.name(),
            CHAMPION,
            moves.size() + 1,
            request.version(),
            current,
            clock.instant().truncatedTo(ChronoUnit.MILLIS),
            reason(request.verdicts()),
            request.by());
    return AliasHistoryTable.write(tables, move) instanceof WriteOutcome.Committed
        ? new Promotion.Promoted(request.version(), current)
        : refusedFor(request, champion(request.name()));
  }

  private static Promotion refusedFor(PromotionRequest request, OptionalInt current) {
    return new Promotion.Refused(
        List.of(
            String.format(
                "the champion is %s, but version %d was compared with %s; evaluate it again",
                describe(current), request.version(), describe(request.comparedWith()))));
  }

  private static String describe(OptionalInt version) {
    return version.isPresent() ? "version " + version.getAsInt() : "none";
  }

  private static String reason(List<Verdict> verdicts) {
    return verdicts.isEmpty()
        ? "no criteria are configured"
        : verdicts.stream().map(Verdict::describe).collect(Collectors.joining("; "));
  }

  private OptionalInt aliased(String name, String alias) {
    Integer version = aliases(name).get(alias);
    return version == null ? OptionalInt.empty() : OptionalInt.of(version);
  }
}
