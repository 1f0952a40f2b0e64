package io.adapterworks.jobs;

import picocli.CommandLine.Command;

/** The command line: {@code adapterworks <job>}. */
@Command(
    name = "adapterworks",
    description = "From raw logs to a registered LoRA adapter, on Apache Spark and the JVM.",
    mixinStandardHelpOptions = true,
    versionProvider = CodeVersionProvider.class,
    synopsisSubcommandLabel = "<job>",
    commandListHeading = "%nJobs:%n",
    subcommands = {
      IngestJob.class,
      CurateJob.class,
      NightlyJob.class,
      MaintainJob.class,
      ReviewJob.class,
      CardJob.class,
      RunJob.class,
      TrainJob.class,
      PredictJob.class,
      EvaluateJob.class,
      AdaptersJob.class,
      QueryJob.class
    })
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    System.exit(execute(arguments));
  }

  /** Runs one job and returns its exit code. */
  static int execute(String... arguments) {
    return CommandRunner.execute(new Main(), arguments);
  }
}
