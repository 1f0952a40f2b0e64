package io.adapterworks.jobs;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.table.StorageFailures;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.util.ShutdownHookManager;
import picocli.CommandLine;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParseResult;

/** Runs a command line and turns its failures into messages and exit codes. */
final class CommandRunner {
  private static final String NO_MEMORY =
      ": there is not enough memory (%s); give the job more, for example ADAPTERWORKS_HEAP=4g, or"
          + " lower training.batchSize or base.maxTokens";

  private CommandRunner() {}

  static int execute(Object command, String... arguments) {
    CommandLine line = new CommandLine(command);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler(CommandRunner::report);
    explain(line);
    try {
      return line.execute(arguments);
    } catch (OutOfMemoryError exhausted) {
      line.getErr().println(line.getCommandName() + NO_MEMORY.formatted(exhausted.getMessage()));
      line.getErr().flush();
      return ErrorCode.DEVICE.exitCode();
    }
  }

  /** Every command's help ends with the exit codes, so that a scheduler's author finds them. */
  private static void explain(CommandLine line) {
    Map<String, String> codes = new LinkedHashMap<>();
    codes.put("0", "done");
    codes.put("1", "failed; the message says why, and what to do");
    codes.put("2", "bad usage or configuration");
    codes.put("3", "nothing to do");
    codes.put("4", "refused by a gate");
    UsageMessageSpec usage = line.getCommandSpec().usageMessage();
    usage.exitCodeListHeading("%nExit codes:%n");
    usage.exitCodeList(codes);
    line.getSubcommands().values().forEach(CommandRunner::explain);
  }

  private static int report(Exception failure, CommandLine line, ParseResult parsed) {
    PrintWriter err = line.getErr();
    String job = line.getCommandName();
    Optional<AdapterworksException> known = StorageFailures.recognise("finish " + job, failure);
    if (known.isPresent()) {
      err.println(job + ": " + known.get().getMessage());
      err.flush();
      return known.get().code().exitCode();
    }
    if (ShutdownHookManager.get().isShutdownInProgress()) {
      // Spark was stopped under the work; what that says in its own words is no fault.
      err.println(
          job
              + ": stopped by a signal; tables and adapters are as the last finished stage left them;"
              + " run the same job again to go on");
      err.flush();
      return ErrorCode.STOPPED.exitCode();
    }
    err.println(
        job
            + ": stopped by a fault that Adapterworks does not know: "
            + failure
            + "; tables and adapters are as the last finished stage left them; please report it"
            + " with what follows");
    failure.printStackTrace(err);
    err.flush();
    return ErrorCode.INPUT.exitCode();
  }
}
