package io.adapterworks.jobs;

import picocli.CommandLine.Command;

/** The benchmarks: {@code scripts/bench <name>}. Each prints one JSON line last. */
@Command(
    name = "bench",
    description = "Measures this project on this machine; each benchmark ends with one JSON line.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "<name>",
    commandListHeading = "%nBenchmarks:%n",
    subcommands = {
      ClusterBench.class,
      CpuBench.class,
      CurateBench.class,
      EightBitBench.class,
      IntentsBench.class,
      LabelErrorsBench.class,
      NearDuplicatesBench.class,
      NightlyKillsBench.class,
      PerplexityBench.class,
      PiiBench.class,
      SelectionBench.class
    })
public final class Bench {
  private Bench() {}

  public static void main(String[] arguments) {
    System.exit(CommandRunner.execute(new Bench(), arguments));
  }
}
