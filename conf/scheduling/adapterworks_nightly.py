"""Airflow: curates each day's files, tidies the tables once a week. Copy into the dags folder.

Every date is a run of its own, so that dates can be caught up or run again in any order: the tables
come out the same. The lock of the warehouse refuses a second run at the same time (exit code 4).
"""

import pendulum
from airflow import DAG
from airflow.operators.bash import BashOperator

HOME = "/opt/adapterworks"
USE_CASE = f"{HOME}/conf/usecases/fernway/usecase.conf"

with DAG(
    dag_id="adapterworks_nightly",
    schedule="10 2 * * *",
    start_date=pendulum.datetime(2026, 11, 1, tz="UTC"),
    catchup=True,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": pendulum.duration(minutes=10)},
) as nightly:
    # Exit code 3 (nothing to do) marks the task as skipped. The JSON line is the task's XCom.
    BashOperator(
        task_id="nightly",
        bash_command=f"{HOME}/scripts/adapterworks nightly --use-case {USE_CASE} --date {{{{ ds }}}}",
        cwd=HOME,
        skip_on_exit_code=3,
        do_xcom_push=True,
    )

with DAG(
    dag_id="adapterworks_maintain",
    schedule="40 4 * * 0",
    start_date=pendulum.datetime(2026, 11, 1, tz="UTC"),
    catchup=False,
) as maintain:
    BashOperator(
        task_id="maintain",
        bash_command=f"{HOME}/scripts/adapterworks maintain --use-case {USE_CASE}",
        cwd=HOME,
    )
