package io.adapterworks.jobs;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParseResult;

/** The command line: {@code adapterworks <job>}. */
@Command(
    name = "adapterworks",
    description = "From raw logs to a registered LoRA adapter, on Apache Spark and the JVM.",
    mixinStandardHelpOptions = true,
    versionProvider = CodeVersionProvider.class,
    synopsisSubcommandLabel = "<job>",
    commandListHeading = "%nJobs:%n",
    footer = {
      "",
      "Exit codes: 0 done, 1 failed, 2 bad usage or configuration, 3 nothing to do,"
          + " 4 refused by a gate."
    })
public final class Main implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "name a job; --help lists them");
  }

  public static void main(String[] arguments) {
    System.exit(execute(arguments));
  }

  /** Runs one job and returns its exit code. */
  static int execute(String... arguments) {
    CommandLine line = new CommandLine(new Main());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler(Main::report);
    line.setExitCodeExceptionMapper(Main::exitCode);
    return line.execute(arguments);
  }

  private static int report(Exception failure, CommandLine line, ParseResult parsed) {
    PrintWriter err = line.getErr();
    if (failure instanceof AdapterworksException known) {
      err.println(line.getCommandName() + ": " + known.getMessage());
    } else {
      failure.printStackTrace(err);
    }
    err.flush();
    return exitCode(failure);
  }

  private static int exitCode(Throwable failure) {
    if (failure instanceof AdapterworksException known) {
      return known.code().exitCode();
    }
    return failure instanceof CommandLine.ParameterException ? ErrorCode.USAGE.exitCode() : 1;
  }
}
