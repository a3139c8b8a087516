-- What the views are made with: ETL_TIMEZONE and ETL_WORKING_HOURS. Filled in at each run.
CREATE OR REPLACE MACRO etl_timezone() AS '{timezone}';
CREATE OR REPLACE MACRO working_hours_from() AS {begin};
CREATE OR REPLACE MACRO working_hours_to() AS {end};
